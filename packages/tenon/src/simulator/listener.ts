import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { TenonError } from '../base/errors.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { sleep, type Clock } from '../base/clock.ts'
import type { ServerCertificate } from './authentication.ts'
import { Answer } from './behaviour.ts'
import { queryIn } from './input.ts'
import { bytesOf, type Damaged, type Outcome } from './spoiling.ts'

export interface Listener {
  readonly port: number
  close(): Promise<void>
}

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  /** With one it speaks TLS, and asks who connects for theirs. */
  readonly certificate: ServerCertificate | null
  readonly clock: Clock
  readonly answer: (path: string, request: RawRequest | 'too-large') => Promise<Outcome>
  readonly headers: (request: RawRequest) => Readonly<Record<string, string>>
}

const largestBody = 1_048_576

/** The HTTP side of a simulator. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { certificate } = options
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    serve(options, incoming, outgoing).catch(() => incoming.socket.destroy())
  }
  // Who shows no certificate, or a strange one, is told so by an answer.
  const asking = { requestCert: true, rejectUnauthorized: false }
  const server =
    certificate === null
      ? createServer(onRequest)
      : createSecureServer({ ...asking, cert: certificate.certificate, key: certificate.key }, onRequest)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(taken(error, options.port)))
    server.listen(options.port, options.host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

function taken(error: NodeJS.ErrnoException, port: number): Error {
  return error.code === 'EADDRINUSE'
    ? new TenonError('PORT_TAKEN', `the port ${port} for a simulator is in use`, { cause: error })
    : error
}

async function serve(options: ListenerOptions, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const target = incoming.url?.startsWith('/') === true ? incoming.url : '/'
  const url = new URL(`http://simulator${target}`)
  const body = await read(incoming)
  if (body === 'broken') return
  const request: RawRequest = {
    method: incoming.method ?? 'GET',
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    ),
    query: queryIn(url.searchParams),
    body: body === 'too-large' ? Buffer.alloc(0) : body,
    url: `${options.certificate === null ? 'http' : 'https'}://${incoming.headers.host ?? ''}${target}`,
    ...shownBy(incoming.socket),
  }
  const outcome = await options.answer(url.pathname, body === 'too-large' ? body : request)
  if (outcome === 'break') incoming.socket.destroy()
  if (outcome === 'break' || outcome === 'silence') return
  const date = new Date(options.clock.now()).toUTCString()
  const headers = { date, ...options.headers(request), ...(body === 'too-large' ? { connection: 'close' } : {}) }
  if (outcome instanceof Answer) write(outgoing, outcome, headers).end(bytesOf(outcome))
  else await damage(options.clock, write(outgoing, outcome.answer, headers), outcome)
  // What still comes is thrown away: a connection reset at once could lose the answer on its way.
  incoming.resume()
}

/** That its key was at hand was proved in the handshake (RFC 8446 §4.4.3). */
function shownBy(socket: IncomingMessage['socket']): { readonly clientCertificate?: string } {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  return certificate === undefined ? {} : { clientCertificate: certificate.toString() }
}

async function read(incoming: IncomingMessage): Promise<Buffer | 'too-large' | 'broken'> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > largestBody) return 'too-large'
      pieces.push(piece)
    }
  } catch {
    return 'broken'
  }
  return Buffer.concat(pieces)
}

function write(outgoing: ServerResponse, answer: Answer, headers: Readonly<Record<string, string>>): ServerResponse {
  return outgoing.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': bytesOf(answer).length,
    ...headers,
    ...answer.headers,
  })
}

const drops = 20

async function damage(clock: Clock, outgoing: ServerResponse, { answer, how, overMs }: Damaged): Promise<void> {
  const bytes = bytesOf(answer)
  if (how === 'breaks') {
    outgoing.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => outgoing.destroy())
    return
  }
  const size = Math.ceil(bytes.length / drops)
  for (let at = 0; at < bytes.length && !outgoing.destroyed; at += size) {
    outgoing.write(bytes.subarray(at, at + size))
    await sleep(clock, overMs / drops)
  }
  outgoing.end()
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
