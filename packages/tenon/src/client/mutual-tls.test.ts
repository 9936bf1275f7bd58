import { createServer, type Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { mutualTls } from '../definition/auth/mutual-tls.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { operation } from '../definition/operation.ts'
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../outbound/certificates.fixture.ts'
import { connect, type Upstream } from './upstream.suite.ts'

const bank = defineConnector('bank', {
  baseUrl: 'https://bank.example',
  auth: mutualTls(),
  operations: {
    whoAmI: operation({ method: 'GET', path: '/', input: z.object({}), output: z.object({ name: z.string() }) }),
  },
}) as unknown as Connector

let authority: TestAuthority
let own: IssuedCertificate
let server: Server
let origin: string

beforeAll(async () => {
  authority = await createAuthority()
  own = await authority.issue({ name: 'Our app' })
  const { certificate: cert, key } = await authority.issue()
  server = createServer(
    { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket
      const { subject } = socket.getPeerCertificate()
      response
        .writeHead(socket.authorized ? 200 : 401, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name: subject.CN }))
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `https://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

async function ask(credentials: Record<string, string>) {
  const bench = await connect(bank, { origin } as Upstream, { credentials })
  const answer = await bench.call('whoAmI')
  await bench.client.close()
  return answer
}

test('a server that demands a client certificate is shown it, and is checked by its own authority', async () => {
  const credentials = {
    certificate: own.certificate,
    privateKey: own.key,
    authority: authority.certificate,
    passphrase: '',
  }
  expect(await ask(credentials)).toMatchObject({ outcome: 'answered', output: { name: 'Our app' } })
  // As an environment variable and a form of one line may hold it.
  for (const lineBreak of ['\\n', ' ', '']) {
    const written = Object.entries(credentials).map(([name, pem]) => [name, pem.replaceAll('\n', lineBreak)])
    expect(await ask(Object.fromEntries(written))).toMatchObject({ outcome: 'answered' })
  }
})

test('the server’s own authority is asked for, and the certificate of another one is refused by the server', async () => {
  const { certificate, key } = await (await createAuthority()).issue()
  const ours = { certificate: own.certificate, privateKey: own.key }
  expect(await ask(ours)).toMatchObject({ outcome: 'failed', fate: 'not-sent', error: { code: 'TLS_FAILED' } })
  const foreign = { certificate, privateKey: key, authority: authority.certificate }
  expect(await ask(foreign)).toMatchObject({ outcome: 'failed', error: { code: 'CREDENTIALS_REFUSED' } })
})

test.each<[string, string, () => string]>([
  ['certificate', 'no certificate', () => 'x'],
  ['certificate', 'one that is damaged', () => own.certificate.replace(/^[^-]{20}/m, '')],
  ['privateKey', 'the key of another', () => authority.key],
  ['privateKey', 'no key', () => 'canary-7f3a'],
  ['authority', 'no authority', () => 'x'],
])('the credential %s that is %s is named before anything is sent', async (field, _what, value) => {
  const good = { certificate: own.certificate, privateKey: own.key, authority: authority.certificate }
  const answer = await ask({ ...good, [field]: value() })
  expect(answer).toMatchObject({
    outcome: 'failed',
    fate: 'not-sent',
    error: { code: 'APP_INVALID', details: { field } },
  })
  expect(JSON.stringify(answer)).not.toContain('canary')
})
