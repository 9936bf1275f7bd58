import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { systemClock, type Clock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createConnections, type ResolvedConnection } from '../connection/connection.ts'
import type { Connector } from '../definition/connector.ts'
import type { PolicyDefinition } from '../outbound/policy.ts'
import type { CallAnswer, CallRequest, OpenClient } from './client.ts'
import { createClient } from './client.ts'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

type Respond = (seen: Seen, response: ServerResponse, socket: Socket) => void

/** A provider on this machine that answers as the test says. */
export interface Upstream {
  readonly origin: string
  readonly seen: Seen[]
  respond: Respond
  close(): void
}

export async function startUpstream(): Promise<Upstream> {
  const sockets = new Set<Socket>()
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
      upstream.seen.push(one)
      upstream.respond(one, response, request.socket)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream: Upstream = {
    origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    seen: [],
    respond: (_seen, response) => answer(response, 200, {}),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
  return upstream
}

export function answer(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body))
}

export interface Bench {
  readonly client: OpenClient
  call(operation: string, input?: unknown, more?: Partial<CallRequest>): Promise<CallAnswer>
}

/** A client with one simulated connection to the upstream. */
export async function connect(
  connector: Connector,
  upstream: Upstream,
  options: {
    path?: string
    credentials?: Record<string, string>
    clock?: Clock
    onSecret?: (secret: string) => void
    policies?: readonly PolicyDefinition[]
  } = {},
): Promise<Bench> {
  const { path = '', credentials = {}, clock = systemClock, onSecret, policies = [] } = options
  const connection: ResolvedConnection = {
    tenant: 'default',
    connector,
    name: 'main',
    baseUrl: upstream.origin + path,
    credentials: Object.fromEntries(Object.entries(credentials).map(([field, value]) => [field, new Secret(value)])),
    simulated: true,
  }
  const client = createClient({
    connections: await createConnections({ connections: [connection] }),
    clock,
    policies,
    ...(onSecret && { onSecret }),
  })
  return {
    client,
    call: (operation, input = {}, more = {}) =>
      client.call({
        tenant: 'default',
        connector,
        connection: 'main',
        operation,
        input,
        idempotencyKey: null,
        mayHaveHappened: false,
        timeoutMs: null,
        signal: null,
        ...more,
      }),
  }
}
