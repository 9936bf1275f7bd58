import tls from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createConnections } from '../connection/connection.ts'
import { startProvider, type TestProvider } from '../connection/oauth/openid-provider.fixture.ts'
import { clientCredentials, type OAuthEndpoints } from '../definition/oauth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { operation } from '../definition/operation.ts'
import { createClient, type CallAnswer, type OpenClient } from './client.ts'
import { answer, startUpstream, type Upstream } from './upstream.suite.ts'

const clientSecret = 'a secret that is long enough for every algorithm'
const trusted = tls.getCACertificates('default')
let provider: TestProvider
let shop: Upstream
let client: OpenClient

beforeAll(async () => {
  const machine = { redirect_uris: [], grant_types: ['client_credentials'], response_types: [] }
  provider = await startProvider({ clients: [{ client_id: 'tenon', client_secret: clientSecret, ...machine }] })
  // As an operator's own authority is trusted (NODE_EXTRA_CA_CERTS): the way out is the real one, with nothing put in its place.
  tls.setDefaultCACertificates([...trusted, provider.authority.certificate])
})
afterAll(async () => {
  tls.setDefaultCACertificates(trusted)
  await provider.close()
})
beforeEach(async () => {
  provider.asked.length = 0
  shop = await startUpstream()
  shop.respond = ({ headers }, response) => answer(response, 200, { with: headers['authorization'] ?? null })
})
afterEach(async () => {
  await client.close()
  shop.close()
})

/** A call of a shop inside our network, whose tokens come from a provider inside it. */
async function call(
  allowedOrigins: readonly string[],
  endpoints: OAuthEndpoints = { token: `${provider.issuer}/token` },
): Promise<CallAnswer> {
  const connector = defineConnector('shop', {
    baseUrl: shop.origin,
    auth: clientCredentials({ endpoints }),
    operations: {
      get: operation({ method: 'GET', path: '/', input: z.object({}), output: z.unknown(), redirects: 5 }),
    },
  }) as unknown as Connector
  const credentials = { clientId: new Secret('tenon'), clientSecret: new Secret(clientSecret) }
  const connection = { tenant: 'default', connector, name: 'main', baseUrl: shop.origin, credentials, simulated: false }
  const connections = await createConnections({ connections: [connection] })
  client = createClient({ connections, clock: systemClock, allowedOrigins })
  const ask = { tenant: 'default', connector, connection: 'main', operation: 'get', input: {}, idempotencyKey: null }
  return client.call({ ...ask, mayHaveHappened: false, timeoutMs: 10_000, signal: null })
}

const refused = {
  outcome: 'failed',
  fate: 'not-sent',
  error: expect.objectContaining({
    code: 'ADDRESS_REFUSED',
    message: expect.stringMatching(/127\.0\.0\.1.*TENON_ALLOW_ORIGINS/),
  }),
}

test('EGR-02: an operator who names the shop and its token endpoint lets calls go, with a token of that provider', async () => {
  expect(await call([shop.origin, provider.issuer])).toMatchObject({
    outcome: 'answered',
    output: { with: expect.stringMatching(/^Bearer \S{20,}$/) },
  })
  expect(provider.grants).toContain('client_credentials')
})

test.each([
  ['nothing is named', () => []],
  ['only the shop is named', () => [shop.origin]],
  ['another port is named', () => [shop.origin, 'https://127.0.0.1:1']],
  ['another name of it is named', () => [shop.origin, provider.issuer.replace('127.0.0.1', 'localhost')]],
  ['it is named without TLS', () => [shop.origin, provider.issuer.replace('https:', 'http:')]],
])('EGR-02: a token endpoint inside the network is not reached when %s', async (_what, allowed) => {
  expect(await call(allowed())).toMatchObject(refused)
  expect(provider.asked).toEqual([])
  expect(shop.seen).toEqual([])
})

test('EGR-02: an allowed token endpoint opens no way for calls', async () => {
  expect(await call([provider.issuer])).toMatchObject(refused)
  expect(shop.seen).toEqual([])
})

test('EGR-05: a call is not led to the token endpoint by a redirect, though tokens come from there', async () => {
  shop.respond = (_request, response) =>
    answer(response, 302, '', { location: `${provider.issuer}/.well-known/openid-configuration` })
  expect(await call([shop.origin, provider.issuer])).toMatchObject({
    outcome: 'failed',
    error: expect.objectContaining({ code: 'ADDRESS_REFUSED' }),
  })
  expect(provider.asked).toEqual(['POST /token'])
})

test('EGR-07: an origin that is allowed for others is no token endpoint of a connector that declares another', async () => {
  const elsewhere = { token: 'https://login.example/token' }
  const failed = await call([shop.origin, provider.issuer], { ...elsewhere, issuer: 'https://login.example' })
  expect(failed).toMatchObject({ outcome: 'failed' })
  expect(provider.asked).toEqual([])
})

test('EGR-07: a discovered token endpoint is asked only at the hosts that the connector declares, whatever is allowed', async () => {
  const other = await startUpstream()
  try {
    provider.rewrite = (text) =>
      text.replaceAll(`${provider.issuer}/token`, `${other.origin.replace('http', 'https')}/token`)
    const failed = await call([shop.origin, provider.issuer, other.origin, other.origin.replace('http', 'https')], {
      issuer: provider.issuer,
    })
    expect(failed).toMatchObject({ outcome: 'failed', fate: 'not-sent' })
    expect((failed as { error: Error }).error.message).toContain('none of the hosts that its connector declares')
    expect(other.seen).toEqual([])
  } finally {
    provider.rewrite = (text) => text
    other.close()
  }
})
