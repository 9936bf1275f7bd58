import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { systemClock, type Clock } from '../../base/clock.ts'
import { Secret } from '../../base/secret.ts'
import type { AuthDeclaration } from '../../definition/auth.ts'
import { clientCredentials, deviceCode, oauth2 } from '../../definition/oauth.ts'
import type { AuthContext, AuthScheme, TokenAuthenticator, Tokens } from '../auth-scheme.ts'
import { scheme as byCredentials } from '../auth/client-credentials.ts'
import { scheme as byDevice } from '../auth/device.ts'
import { scheme as byConsent } from '../auth/oauth2.ts'
import { contextOver } from './context.fixture.ts'
import { redirectUri, startProvider, type TestProvider } from './openid-provider.fixture.ts'

const secret = 'a secret that is long enough for every algorithm'
const rsa = await generateKeyPair('RS256', { extractable: true })
const clientKey = await exportPKCS8(rsa.privateKey)
let provider: TestProvider

beforeAll(async () => {
  const consent = {
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
  }
  const machine = { redirect_uris: [], grant_types: ['client_credentials'], response_types: [] }
  const keys = { keys: [{ ...(await exportJWK(rsa.publicKey)), alg: 'RS256', use: 'sig' }] }
  provider = await startProvider({
    clients: [
      { client_id: 'web', client_secret: secret, ...consent },
      { client_id: 'public', token_endpoint_auth_method: 'none', ...consent },
      { client_id: 'basic', client_secret: secret, ...machine },
      { client_id: 'post', client_secret: secret, token_endpoint_auth_method: 'client_secret_post', ...machine },
      { client_id: 'key', token_endpoint_auth_method: 'private_key_jwt', jwks: keys, ...machine },
      {
        client_id: 'tv',
        token_endpoint_auth_method: 'none',
        redirect_uris: [],
        response_types: [],
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      },
    ],
  })
})
afterAll(() => provider.close())

const contextOf = (
  declaration: AuthDeclaration,
  credentials: Record<string, string>,
  over: Partial<AuthContext> = {},
): AuthContext => contextOver(provider.transport, declaration, credentials, over)

const open = (scheme: AuthScheme, context: AuthContext): TokenAuthenticator =>
  scheme.open(context) as TokenAuthenticator
const endpoints = () => ({ issuer: provider.issuer })
const web = { clientId: 'web', clientSecret: secret }
const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(`shop/main.*${message}`)) })

async function consented(context: AuthContext, scopes = ['orders']): Promise<Tokens> {
  const browser = byConsent.browser
  if (browser === undefined) throw new Error('no consent')
  const { url, pending } = await browser.begin(context, { redirectUri, state: 'one-time', scopes })
  return browser.complete(context, pending, (await provider.consent(url)).searchParams)
}

describe('authorisation code with PKCE', () => {
  test('consent gives tokens, which their refresh token renews, and which are taken back', async () => {
    const context = contextOf(oauth2({ endpoints: endpoints() }), web)
    const tokens = await consented(context)
    expect(tokens).toMatchObject({ scopes: ['orders'], access: expect.any(Secret), refresh: expect.any(Secret) })
    expect(tokens.expiresAt).toBeGreaterThan(Date.now())
    const authenticator = open(byConsent, context)
    const renewed = await authenticator.obtain(tokens)
    expect(renewed.refresh?.reveal()).not.toBe(tokens.refresh?.reveal())
    await authenticator.revoke?.(renewed)
    await expect(authenticator.obtain(renewed)).rejects.toThrow(
      coded('AUTHORISATION_LOST', 'invalid_grant.*connect the account again'),
    )
  })

  test('AUT-06: the request carries an S256 challenge and the state, over https', async () => {
    const { url } = (await byConsent.browser?.begin(contextOf(oauth2({ endpoints: endpoints() }), web), {
      redirectUri,
      state: 'one-time',
      scopes: ['openid', 'orders'],
    })) ?? { url: '' }
    const asked = Object.fromEntries(new URL(url).searchParams)
    expect(asked).toMatchObject({
      response_type: 'code',
      state: 'one-time',
      code_challenge_method: 'S256',
      redirect_uri: redirectUri,
      scope: 'openid orders',
      nonce: expect.stringMatching(/^.{43}$/),
    })
    expect(url).not.toContain(secret)
  })

  test('with openid the identity must carry our nonce', async () => {
    const declaration = oauth2({ endpoints: endpoints(), scopes: ['openid', 'orders'] })
    const context = contextOf(declaration, web)
    expect((await consented(context, ['openid', 'orders'])).scopes).toEqual(['openid', 'orders'])
    const begun = await byConsent.browser?.begin(context, { redirectUri, state: 's', scopes: ['openid'] })
    const answer = (await provider.consent(begun?.url ?? '')).searchParams
    await expect(
      byConsent.browser?.complete(context, { ...begun?.pending, nonce: 'of somebody else' }, answer),
    ).rejects.toThrow(coded('UPSTREAM_ANSWER_INVALID', 'nonce'))
  })

  test('a public client needs no secret', async () => {
    const context = contextOf(oauth2({ endpoints: endpoints(), proof: 'none' }), { clientId: 'public' })
    expect(await consented(context)).toMatchObject({ access: expect.any(Secret) })
  })

  test.each([
    [
      'iss of another provider',
      (answer: URLSearchParams) => answer.set('iss', 'https://evil.example'),
      'UPSTREAM_ANSWER_INVALID',
      'iss',
    ],
    [
      'no iss, though the provider sends it',
      (answer: URLSearchParams) => answer.delete('iss'),
      'UPSTREAM_ANSWER_INVALID',
      'iss',
    ],
    [
      'a person who refuses',
      (answer: URLSearchParams) => (answer.delete('code'), answer.set('error', 'access_denied')),
      'AUTHORISATION_LOST',
      'consent was not given.*access_denied',
    ],
    [
      'an error that is a script',
      (answer: URLSearchParams) => (answer.delete('code'), answer.set('error', '<script>')),
      'UPSTREAM_REFUSED',
      'without a name',
    ],
    [
      'a code of nobody',
      (answer: URLSearchParams) => answer.set('code', 'made-up'),
      'AUTHORISATION_LOST',
      'invalid_grant',
    ],
  ])('AUT-06: %s is refused', async (_what, change, code, message) => {
    const context = contextOf(oauth2({ endpoints: endpoints() }), web)
    const begun = await byConsent.browser?.begin(context, { redirectUri, state: 's', scopes: ['orders'] })
    const answer = (await provider.consent(begun?.url ?? '')).searchParams
    change(answer)
    await expect(byConsent.browser?.complete(context, begun?.pending ?? {}, answer)).rejects.toThrow(
      coded(code, message),
    )
  })

  test('AUT-06: a code is good once, and for the one who began', async () => {
    const context = contextOf(oauth2({ endpoints: endpoints() }), web)
    const begun = await byConsent.browser?.begin(context, { redirectUri, state: 's', scopes: ['orders'] })
    const answer = (await provider.consent(begun?.url ?? '')).searchParams
    const other = await byConsent.browser?.begin(context, { redirectUri, state: 's', scopes: ['orders'] })
    await expect(byConsent.browser?.complete(context, other?.pending ?? {}, answer)).rejects.toThrow(
      coded('AUTHORISATION_LOST', 'invalid_grant'),
    )
    await byConsent.browser?.complete(context, begun?.pending ?? {}, answer)
    await expect(byConsent.browser?.complete(context, begun?.pending ?? {}, answer)).rejects.toThrow(
      coded('AUTHORISATION_LOST', 'invalid_grant'),
    )
  })

  test.each(['http://login.example/authorize', 'javascript:alert(1)', 'https://user:pass@login.example/'])(
    'AUT-06: consent is not asked for at %s',
    (authorisation) => {
      const context = contextOf(oauth2({ endpoints: { authorisation, token: 'https://login.example/token' } }), web)
      expect(() => byConsent.open(context)).toThrow(coded('APP_INVALID', 'https address'))
    },
  )

  test('a wrong client secret is named, with the remedy', async () => {
    const tokens = await consented(contextOf(oauth2({ endpoints: endpoints() }), web))
    const wrong = open(byConsent, contextOf(oauth2({ endpoints: endpoints() }), { ...web, clientSecret: 'wrong' }))
    await expect(wrong.obtain(tokens)).rejects.toThrow(coded('CREDENTIALS_REFUSED', 'client ID'))
  })
})

describe('without a person', () => {
  test.each([
    ['AUT-07: a secret in a header', clientCredentialsOf({}), { clientId: 'basic', clientSecret: secret }],
    [
      'AUT-07: a secret in the body',
      clientCredentialsOf({ proof: 'secret-post' }),
      { clientId: 'post', clientSecret: secret },
    ],
    ['AUT-07: a private key', clientCredentialsOf({ proof: 'private-key' }), { clientId: 'key', clientKey }],
  ])('%s proves the client', async (_what, declare, credentials) => {
    const context = contextOf(declare(), credentials)
    const tokens = await open(byCredentials, context).obtain(null)
    expect(tokens.access.reveal()).toMatch(/^\S{20,}$/)
    expect(tokens.expiresAt).toBeGreaterThan(Date.now())
  })

  test.each([-3_600_000, 3_600_000])('a clock that is off by %d ms is told as refused credentials', async (offMs) => {
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + offMs }
    const context = contextOf(
      clientCredentialsOf({ proof: 'private-key' })(),
      { clientId: 'key', clientKey },
      { clock },
    )
    await expect(open(byCredentials, context).obtain(null)).rejects.toThrow(coded('CREDENTIALS_REFUSED', 'client ID'))
  })

  test('a key that is none is refused without showing it', async () => {
    const context = contextOf(clientCredentialsOf({ proof: 'private-key' })(), { clientId: 'key', clientKey: 'canary' })
    const failed = open(byCredentials, context).obtain(null)
    await expect(failed).rejects.toThrow(coded('APP_INVALID', 'clientKey.*PKCS #8'))
    await expect(failed).rejects.not.toThrow(/canary/)
  })
})

function clientCredentialsOf(options: { readonly proof?: 'secret-post' | 'private-key' }): () => AuthDeclaration {
  return () => clientCredentials({ endpoints: endpoints(), ...options })
}

test('a code that is typed on another device gives tokens', async () => {
  const context = contextOf(deviceCode({ endpoints: endpoints() }), { clientId: 'tv' })
  const begun = await byDevice.device?.begin(context, { scopes: ['orders'] })
  if (begun === undefined) throw new Error('no device flow')
  expect(begun).toMatchObject({ url: `${provider.issuer}/device`, code: expect.stringMatching(/^\w{4}-\w{4}$/) })
  expect(await byDevice.device?.poll(context, begun.pending)).toEqual({ tokens: null })
  await provider.enter(begun.code)
  const { tokens } = (await byDevice.device?.poll(context, begun.pending)) ?? { tokens: null }
  expect(tokens?.refresh).toBeInstanceOf(Secret)
  await expect(byDevice.device?.poll(context, begun.pending)).rejects.toThrow(coded('AUTHORISATION_LOST'))
})
