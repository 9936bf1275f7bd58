import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../base/clock.ts'
import { createAuthority } from '../../outbound/certificates.fixture.ts'
import type { Transport } from '../../outbound/outbound.ts'
import { createTransport } from '../../outbound/transport.ts'

export interface TokenRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly form: Readonly<Record<string, string>>
}

/** A token endpoint over TLS that answers what a provider's documentation prints. */
export interface TokenEndpoint {
  readonly url: string
  readonly transport: Transport
  readonly requests: TokenRequest[]
  answer: (request: TokenRequest) => { readonly status?: number; readonly body: unknown }
  close(): Promise<void>
}

export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const authority = await createAuthority()
  const { key, certificate } = await authority.issue()
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
      const one = { url: request.url ?? '', headers: request.headers, form }
      endpoint.requests.push(one)
      const { status = 200, body } = endpoint.answer(one)
      const isText = typeof body === 'string'
      response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json' })
      response.end(isText ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const tls = { authority: authority.certificate }
  const transport = createTransport({ clock: systemClock, allowedOrigins: [origin], tls })
  const endpoint: TokenEndpoint = {
    url: `${origin}/token`,
    transport,
    requests: [],
    answer: () => ({ body: {} }),
    async close() {
      await transport.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return endpoint
}
