import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decodeProtectedHeader, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { systemClock, type Clock } from '../../base/clock.ts'
import { jwtBearer } from '../../definition/oauth.ts'
import type { AuthContext, BareRequest, TokenAuthenticator } from '../auth-scheme.ts'
import { scheme } from '../auth/jwt-bearer.ts'
import { contextOver } from './context.fixture.ts'
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.fixture.ts'

const keys = await generateKeyPair('RS256', { extractable: true })
const privateKey = await exportPKCS8(keys.privateKey)
const now = Date.UTC(2026, 0, 1)
const clock: Clock = { ...systemClock, now: () => now }
let endpoint: TokenEndpoint

beforeAll(async () => {
  endpoint = await startTokenEndpoint()
})
afterAll(() => endpoint.close())
beforeEach(() => {
  endpoint.requests.length = 0
  endpoint.answer = () => ({ body: { access_token: 'ya29.token', expires_in: 3599, token_type: 'Bearer' } })
})

const google = () =>
  jwtBearer({
    token: endpoint.url,
    scopes: ['https://www.googleapis.com/auth/devstorage.read_only', 'https://www.googleapis.com/auth/prediction'],
    fields: { keyId: { label: 'Key ID', secret: false }, subject: { label: 'User', secret: false, optional: true } },
  })
const salesforce = () =>
  jwtBearer({
    token: endpoint.url,
    audience: 'https://login.salesforce.com',
    life: '2h',
    instance: { fact: 'instance_url', hosts: ['*.my.salesforce.com'] },
    fields: { subject: { label: 'User name', secret: false } },
  })

const serviceAccount = { issuer: 'robot@project.iam.gserviceaccount.com', keyId: 'k1', privateKey }
const open = (
  declaration: ReturnType<typeof google> | ReturnType<typeof salesforce>,
  credentials: Record<string, string>,
  over: Partial<AuthContext> = {},
) => scheme.open(contextOver(endpoint.transport, declaration, credentials, { clock, ...over })) as TokenAuthenticator

/** Judges the assertion as RFC 7523 §3 says, by another's library, and gives what it holds. */
async function judged(audience: string) {
  const assertion = endpoint.requests[0]?.form['assertion'] ?? ''
  const { payload } = await jwtVerify(assertion, keys.publicKey, {
    audience,
    currentDate: new Date(now),
    requiredClaims: ['iss', 'iat', 'exp'],
  })
  return { header: decodeProtectedHeader(assertion), payload }
}

describe('Google: a service account', () => {
  test('signs for the token endpoint, names its scopes in the assertion, and is no client', async () => {
    const tokens = await open(google(), { ...serviceAccount, subject: 'ada@example.com' }).obtain(null)
    expect(tokens).toMatchObject({ expiresAt: now + 3_599_000 })
    const { header, payload } = await judged(endpoint.url)
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
    expect(payload).toMatchObject({
      iss: serviceAccount.issuer,
      sub: 'ada@example.com',
      scope: 'https://www.googleapis.com/auth/devstorage.read_only https://www.googleapis.com/auth/prediction',
    })
    // Google takes at most an hour.
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(3600)
    expect(endpoint.requests[0]?.form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: expect.any(String),
    })
    expect(endpoint.requests[0]?.headers['authorization']).toBeUndefined()
  })

  test('takes its key from a variable, where line breaks are written out', async () => {
    await open(google(), { ...serviceAccount, privateKey: privateKey.replaceAll('\n', '\\n') }).obtain(null)
    await judged(endpoint.url)
  })

  test('a clock that is wrong, or a key that was taken back, is no lost consent: the credentials are named, and the clock', async () => {
    endpoint.answer = () => ({
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'Invalid JWT: Token must be a short-lived token (60 minutes)',
      },
    })
    await expect(open(google(), serviceAccount).obtain(null)).rejects.toMatchObject({
      code: 'CREDENTIALS_REFUSED',
      message: expect.stringMatching(/shop\/main.*its token.*invalid_grant.*private key.*tenon doctor/),
    })
  })

  test('a key that is none is named before anything is sent', async () => {
    await expect(open(google(), { ...serviceAccount, privateKey: 'canary' }).obtain(null)).rejects.toMatchObject({
      code: 'APP_INVALID',
      message: expect.stringMatching(/shop\/main.*privateKey.*PKCS #8/),
    })
    expect(endpoint.requests).toEqual([])
  })
})

describe('Salesforce', () => {
  const user = { issuer: '3MVG9consumer', subject: 'ada@acme.example', privateKey }
  const request = (): BareRequest => ({
    method: 'GET',
    origin: 'https://login.salesforce.com',
    path: '/services/data',
    headers: [],
    body: null,
  })

  test('signs for the login server, for three minutes at most, and calls go to the instance, the first one too', async () => {
    endpoint.answer = () => ({
      body: {
        access_token: '00D!a',
        scope: 'api',
        instance_url: 'https://acme.my.salesforce.com',
        token_type: 'Bearer',
      },
    })
    const authenticator = open(salesforce(), user)
    const tokens = await authenticator.obtain(null)
    const { payload } = await judged('https://login.salesforce.com')
    expect(payload).toMatchObject({ iss: user.issuer, sub: user.subject })
    expect(payload['scope']).toBeUndefined()
    expect((payload.exp ?? 0) - now / 1000).toBeLessThanOrEqual(180)
    const first = request()
    await authenticator.apply(first, tokens)
    expect(first).toMatchObject({
      origin: 'https://acme.my.salesforce.com',
      headers: ['authorization', 'Bearer 00D!a'],
    })
  })

  test.each([
    'https://evil.example',
    'https://acme.my.salesforce.com.evil.example',
    'https://my.salesforce.com',
    'http://acme.my.salesforce.com',
    'https://acme.my.salesforce.com:8443',
    'https://127.0.0.1',
    'no address',
  ])(
    'EGR-07: an answer that names the instance %s gives no tokens, and no request goes there with them',
    async (instance) => {
      endpoint.answer = () => ({ body: { access_token: '00D!a', instance_url: instance, token_type: 'Bearer' } })
      const authenticator = open(salesforce(), user)
      await expect(authenticator.obtain(null)).rejects.toMatchObject({
        code: 'ADDRESS_REFUSED',
        message: expect.stringContaining('*.my.salesforce.com'),
      })
      // Nor where such tokens should have been kept by whatever mistake.
      const kept = { access: { reveal: () => 'kept' } as never, expiresAt: null, facts: { instance_url: instance } }
      const sent = request()
      expect(() => authenticator.apply(sent, kept)).toThrow(/allows \*\.my\.salesforce\.com/)
      expect(sent).toEqual(request())
    },
  )

  test('a user who has not approved the app is told apart from a lost consent', async () => {
    endpoint.answer = () => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: "user hasn't approved this consumer" },
    })
    await expect(open(salesforce(), user).obtain(null)).rejects.toMatchObject({
      code: 'CREDENTIALS_REFUSED',
      message: expect.stringMatching(/whether the provider allows them/),
    })
  })
})
