// A provider that says back whatever it was sent, in each way that it can.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export const ways = ['success', '401', '500', 'not-json', 'cut', 'no-http'] as const

export async function startProvider(
  token: string,
): Promise<{ readonly origin: string; readonly echoes: readonly string[]; close(): void }> {
  const echoes: string[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const how = new URL(request.url ?? '/', 'http://x').pathname.slice(1)
      const echo = echoOf(request)
      echoes.push(echo)
      const json = { 'content-type': 'application/json' }
      if (how === 'login') response.writeHead(200, json).end(JSON.stringify({ token }))
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
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    echoes,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function echoOf({ headers, url }: IncomingMessage): string {
  const basic = /^Basic (.*)/.exec(headers.authorization ?? '')?.[1] ?? ''
  return `${headers.authorization} ${String(headers['x-key'])} ${url} ${Buffer.from(basic, 'base64').toString()}`
}
