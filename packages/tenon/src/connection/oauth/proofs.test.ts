import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { parseJson } from '../../base/json.ts'
import { systemClock, type Clock } from '../../base/clock.ts'
import { clientCredentials, deviceCode, oauth2, type ClientProof } from '../../definition/oauth.ts'
import { defineConnector, type Connector } from '../../definition/connector.ts'
import type { AuthContext, DeviceConsent, TokenAuthenticator, Tokens } from '../auth-scheme.ts'
import { scheme as byCredentials } from '../auth/client-credentials.ts'
import { scheme as byDevice } from '../auth/device.ts'
import { scheme as byConsent } from '../auth/oauth2.ts'
import { openGround, type Ground } from '../ground.ts'
import type { IssuedCertificate } from '../../outbound/certificates.fixture.ts'
import { contextOver } from './context.fixture.ts'
import { redirectUri, startProvider, type TestProvider } from './openid-provider.fixture.ts'

const secret = 'a secret that is long enough for every algorithm'
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const rsa = await generateKeyPair('RS256', { extractable: true })
const clientKey = await exportPKCS8(rsa.privateKey)
let provider: TestProvider
let own: IssuedCertificate
const grounds: Ground[] = []

beforeAll(async () => {
  const consent = {
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
  }
  const machine = { redirect_uris: [], grant_types: ['client_credentials'], response_types: [] }
  const byCertificate = {
    token_endpoint_auth_method: 'tls_client_auth' as const,
    tls_client_auth_subject_dn: 'CN=tenon',
  }
  const keys = { keys: [{ ...(await exportJWK(rsa.publicKey)), alg: 'RS256', use: 'sig' }] }
  provider = await startProvider({
    clients: [
      { client_id: 'web', client_secret: secret, ...consent },
      { client_id: 'basic', client_secret: secret, ...machine },
      { client_id: 'post', client_secret: secret, token_endpoint_auth_method: 'client_secret_post', ...machine },
      { client_id: 'key', token_endpoint_auth_method: 'private_key_jwt', jwks: keys, ...machine },
      { client_id: 'cert', ...byCertificate, ...machine },
      { client_id: 'cert-web', ...byCertificate, ...consent },
      {
        client_id: 'tv',
        token_endpoint_auth_method: 'none',
        redirect_uris: [],
        response_types: [],
        grant_types: [deviceGrant, 'refresh_token'],
      },
    ],
    // A refresh token serves again, and ends soon.
    configuration: {
      rotateRefreshToken: false,
      ttl: {
        RefreshToken: 2,
        AccessToken: 600,
        ClientCredentials: 600,
        Grant: 600,
        Session: 600,
        Interaction: 600,
        IdToken: 600,
        DeviceCode: 600,
      },
    },
  })
  own = await provider.authority.issue({ name: 'tenon' })
})
afterAll(async () => {
  await Promise.all(grounds.map((ground) => ground.close()))
  await provider.close()
})

/** Where an account is connected: the way out is the product's own, which must show the certificate by itself. */
async function groundOf(auth: Connector['options']['auth'], fields: Readonly<Record<string, string>>): Promise<Ground> {
  const origins = [provider.issuer, provider.issuer.replace('127.0.0.1', 'localhost')]
  const ground = await openGround({
    tenant: 'default',
    connector: defineConnector('shop', { baseUrl: provider.issuer, auth, operations: {} }),
    name: 'main',
    baseUrl: provider.issuer,
    fields,
    simulated: false,
    clock: systemClock,
    transport: { allowedOrigins: origins, tls: { authority: provider.authority.certificate } },
  })
  grounds.push(ground)
  return ground
}

const certified = (clientId: string, { certificate, key }: IssuedCertificate = own) => ({
  clientId,
  clientCertificate: certificate,
  clientKey: key,
})
const machineOf = (proof: ClientProof, more: object = {}) =>
  clientCredentials({ endpoints: { issuer: provider.issuer }, proof, ...more }) as Connector['options']['auth']

async function tokenBy(auth: Connector['options']['auth'], fields: Readonly<Record<string, string>>): Promise<Tokens> {
  const ground = await groundOf(auth, fields)
  return (ground.scheme.open(ground.context) as TokenAuthenticator).obtain(null)
}

async function consented(scheme: typeof byConsent, context: AuthContext): Promise<Tokens> {
  const { browser } = scheme
  if (browser === undefined) throw new Error('no consent')
  const { url, pending } = await browser.begin(context, { redirectUri, state: 'one-time', scopes: ['orders'] })
  return browser.complete(context, pending, (await provider.consent(url)).searchParams)
}

describe('AUT-07: a certificate proves the client (RFC 8705)', () => {
  test('at the token endpoint', async () => {
    expect((await tokenBy(machineOf('certificate'), certified('cert'))).access.reveal()).toMatch(/^\S{20,}$/)
  })

  test('also where a person has just consented, and at each renewal', async () => {
    const auth = oauth2({
      endpoints: { issuer: provider.issuer },
      proof: 'certificate',
    }) as Connector['options']['auth']
    const ground = await groundOf(auth, certified('cert-web'))
    const tokens = await consented(ground.scheme, ground.context)
    const renewed = await (ground.scheme.open(ground.context) as TokenAuthenticator).obtain(tokens)
    expect(renewed.access.reveal()).not.toBe(tokens.access.reveal())
  })

  test('at the address that the provider has for certificates, where the connector declares its host', async () => {
    const there = provider.issuer.replace('127.0.0.1', 'localhost')
    provider.rewrite = (text) =>
      JSON.stringify({ ...(parseJson(text) as object), mtls_endpoint_aliases: { token_endpoint: `${there}/token` } })
    try {
      const hosts = [new URL(there).host]
      expect(await tokenBy(machineOf('certificate', { hosts }), certified('cert'))).toMatchObject({
        expiresAt: expect.any(Number),
      })
      await expect(tokenBy(machineOf('certificate'), certified('cert'))).rejects.toMatchObject({
        code: 'ADDRESS_REFUSED',
        message: expect.stringMatching(/shop\/main.*localhost.*none of the hosts/),
      })
    } finally {
      provider.rewrite = (text) => text
    }
  })

  test('one of somebody else is refused by the provider, and the remedy is named', async () => {
    const other = await provider.authority.issue({ name: 'somebody else' })
    await expect(tokenBy(machineOf('certificate'), certified('cert', other))).rejects.toMatchObject({
      code: 'CREDENTIALS_REFUSED',
      message: expect.stringMatching(/shop\/main.*its token.*certificate/),
    })
  })

  test.each([
    [
      'that has expired',
      async () => provider.authority.issue({ name: 'tenon', days: -1 }),
      /clientCertificate has expired/,
    ],
    [
      'with the key of another',
      async () => ({ ...own, key: (await provider.authority.issue({ name: 'tenon' })).key }),
      /clientKey does not belong to clientCertificate/,
    ],
    ['that is none', async () => ({ ...own, certificate: 'canary' }), /clientCertificate is no certificate in PEM/],
  ])('one %s is named before anything is sent', async (_what, issue, message) => {
    const before = provider.asked.length
    await expect(tokenBy(machineOf('certificate'), certified('cert', await issue()))).rejects.toMatchObject({
      code: 'APP_INVALID',
      message: expect.stringMatching(message),
    })
    expect(provider.asked).toHaveLength(before)
  })
})

describe('a code that is typed on another device (RFC 8628)', () => {
  const context = (): AuthContext =>
    contextOver(provider.transport, deviceCode({ endpoints: { issuer: provider.issuer } }), { clientId: 'tv' })
  const { device } = byDevice
  async function begun() {
    const ground = context()
    const { code, pending } = (await device?.begin(ground, { scopes: ['orders'] })) ?? { code: '', pending: {} }
    const poll = (): ReturnType<DeviceConsent['poll']> =>
      device?.poll(ground, pending) ?? Promise.reject(new Error('none'))
    return { code, poll }
  }

  test('authorization_pending is waited for, slow_down asks for longer pauses, and then there are tokens', async () => {
    const { code, poll } = await begun()
    expect(await poll()).toEqual({ tokens: null })
    provider.answerNext = { status: 400, body: { error: 'slow_down' } }
    expect(await poll()).toEqual({ tokens: null, slowDownMs: 5000 })
    expect(await poll()).toEqual({ tokens: null })
    await provider.enter(code)
    expect((await poll()).tokens?.scopes).toEqual(['orders'])
  })

  test('access_denied: who refuses ends it', async () => {
    const { code, poll } = await begun()
    await provider.refuse(code)
    await expect(poll()).rejects.toMatchObject({
      code: 'AUTHORISATION_LOST',
      message: expect.stringMatching(/shop\/main.*consent was not given.*access_denied/),
    })
  })

  test('expired_token: who comes too late begins again', async () => {
    const { poll } = await begun()
    provider.answerNext = { status: 400, body: { error: 'expired_token' } }
    await expect(poll()).rejects.toMatchObject({
      code: 'AUTHORISATION_LOST',
      message: expect.stringMatching(/shop\/main.*its device.*expired_token.*begin again/),
    })
  })

  test('a provider that is away while somebody types is no end', async () => {
    const { code, poll } = await begun()
    provider.answerNext = { status: 503, body: {} }
    await expect(poll()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true })
    await provider.enter(code)
    expect((await poll()).tokens).not.toBeNull()
  })
})

describe('a refresh token that ended', () => {
  const web = () =>
    contextOver(provider.transport, oauth2({ endpoints: { issuer: provider.issuer } }), {
      clientId: 'web',
      clientSecret: secret,
    })
  const outcome = (tokens: Tokens): Promise<unknown> =>
    (byConsent.open(web()) as TokenAuthenticator).obtain(tokens).then(
      () => 'renewed',
      (error: unknown) => error,
    )
  const lost = expect.objectContaining({
    code: 'AUTHORISATION_LOST',
    message: expect.stringMatching(/shop\/main.*its renewal.*invalid_grant.*connect the account again/),
  })

  test('by time', async () => {
    const tokens = await consented(byConsent, web())
    expect(await outcome(tokens)).toBe('renewed')
    await expect.poll(() => outcome(tokens), { timeout: 15_000, interval: 200 }).toEqual(lost)
  })

  test('because it was taken back', async () => {
    const tokens = await consented(byConsent, web())
    await (byConsent.open(web()) as TokenAuthenticator).revoke?.(tokens)
    expect(await outcome(tokens)).toEqual(lost)
  })
})

test('AUT-07: no address that is asked holds a token, a code verifier, a secret, a key or an assertion; no grant is asked for by password', async () => {
  provider.asked.length = 0
  const secrets = [secret, clientKey.slice(60, 120), own.key.slice(60, 120)]
  const keep = ({ access, refresh }: Tokens): void => {
    secrets.push(access.reveal())
    if (refresh !== undefined) secrets.push(refresh.reveal())
  }
  keep(await tokenBy(machineOf('secret-basic'), { clientId: 'basic', clientSecret: secret }))
  keep(await tokenBy(machineOf('secret-post'), { clientId: 'post', clientSecret: secret }))
  keep(await tokenBy(machineOf('private-key'), { clientId: 'key', clientKey }))
  keep(await tokenBy(machineOf('certificate'), certified('cert')))
  const ground = await groundOf(oauth2({ endpoints: { issuer: provider.issuer } }), {
    clientId: 'web',
    clientSecret: secret,
  })
  const tokens = await consented(byConsent, ground.context)
  keep(tokens)
  const authenticator = byConsent.open(ground.context) as TokenAuthenticator
  const renewed = await authenticator.obtain(tokens)
  keep(renewed)
  await authenticator.revoke?.(renewed)

  const asked = provider.asked.join('\n')
  for (const path of ['POST /token\n', 'POST /token/revocation', 'GET /auth?']) expect(asked).toContain(path)
  for (const one of secrets) expect(asked).not.toContain(one)
  expect(asked).not.toMatch(
    /access_token|refresh_token|client_secret|client_assertion|code_verifier|response_type=(?!code&)/,
  )
  expect(new Set(provider.grants)).toEqual(
    new Set(['client_credentials', 'authorization_code', 'refresh_token', deviceGrant]),
  )
})

test.each([-3_600_000, 3_600_000])('a clock that is off by %d ms is told with what to look at', async (offMs) => {
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + offMs }
  const context = contextOver(provider.transport, machineOf('private-key'), { clientId: 'key', clientKey }, { clock })
  await expect((byCredentials.open(context) as TokenAuthenticator).obtain(null)).rejects.toMatchObject({
    code: 'CREDENTIALS_REFUSED',
    message: expect.stringMatching(/shop\/main.*its token.*time.*tenon doctor/),
  })
})
