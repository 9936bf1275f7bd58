// A provider that says back whatever it was sent, in each way that it can.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createAuthority } from '../../packages/tenon/src/outbound/certificates.fixture.ts'

export const ways = ['success', '401', '500', 'not-json', 'cut', 'no-http'] as const

export async function startProvider(token: string): Promise<{
  readonly origin: string
  /** Origin over TLS, where tokens are asked for. */
  readonly tokens: string
  readonly echoes: readonly string[]
  close(): void
}> {
  const echoes: string[] = []
  const answer: RequestListener = (request, response) => {
    request.resume().on('end', () => {
      const how = new URL(request.url ?? '/', 'http://x').pathname.slice(1)
      const echo = echoOf(request)
      echoes.push(echo)
      const json = { 'content-type': 'application/json' }
      if (how === 'login') response.writeHead(200, json).end(JSON.stringify({ token }))
      else if (how === 'token')
        response
          .writeHead(200, json)
          .end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }))
      else if (how === 'success') response.writeHead(200, json).end('{"id":"1"}')
      else if (how === 'not-json') response.writeHead(200, json).end(`{${echo}`)
      else if (how === 'no-http') request.socket.end(`${echo}\r\n\r\n`)
      else if (how === 'cut') {
        response.writeHead(200, { ...json, 'content-length': 99_999 }).write(echo)
        setImmediate(() => request.socket.destroy())
      } else {
        const told = { ...json, 'request-id': encodeURIComponent(echo), 'x-echo': encodeURIComponent(echo) }
        response.writeHead(Number(how), told).end(JSON.stringify({ error: { message: echo, code: echo } }))
      }
    })
  }
  const authority = await createAuthority()
  const { certificate, key } = await authority.issue()
  // Of this process alone: whoever takes no authority of their own trusts it, too.
  setDefaultCACertificates([...getCACertificates(), authority.certificate])
  const servers = [createServer(answer), createSecureServer({ cert: certificate, key }, answer)]
  const ports = await Promise.all(servers.map(listening))
  return {
    origin: `http://127.0.0.1:${ports[0]}`,
    tokens: `https://127.0.0.1:${ports[1]}`,
    echoes,
    close: () => {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

function echoOf({ headers, url }: IncomingMessage): string {
  const basic = /^Basic (.*)/.exec(headers.authorization ?? '')?.[1] ?? ''
  return `${headers.authorization} ${String(headers['x-key'])} ${url} ${Buffer.from(basic, 'base64').toString()}`
}
