import { importPKCS8, SignJWT, type JWTPayload } from 'jose'
import { expect, test } from 'vitest'
import { clientCredentials, jwtBearer, oauth2 } from '../../definition/oauth.ts'
import { opened, providerWith } from '../authentication.fixture.ts'
import { generateCredentials, type Answer } from '../simulator.ts'

const token = 'https://login.example.com/oauth/token'
const nowMs = 1_700_000_000_000
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** As jose signs it. */
async function assertion(key: string, alg: string, claims: JWTPayload, kid?: string): Promise<string> {
  const header = { alg, typ: 'JWT', ...(kid !== undefined && { kid }) }
  return new SignJWT(claims).setProtectedHeader(header).sign(await importPKCS8(key, alg))
}

const headers = { 'content-type': 'application/x-www-form-urlencoded' }

async function exchange(
  { simulator }: Awaited<ReturnType<typeof opened>>,
  form: Record<string, string>,
): Promise<Record<string, unknown>> {
  const body = Buffer.from(new URLSearchParams(form).toString())
  const answer = await simulator.answer('/oauth/token', { method: 'POST', headers, query: {}, body })
  return (answer as Answer).body as Record<string, unknown>
}

test.each(['RS256', 'PS384', 'ES256', 'EdDSA'])(
  'AUT-09: an assertion that jose signs opens the account: %s',
  async (algorithm) => {
    const auth = jwtBearer({ token, algorithm, scopes: ['read'] })
    const provider = await opened(auth, await generateCredentials(providerWith(auth)), nowMs)
    const { issuer = '', privateKey = '' } = provider.credentials
    const claims = { iss: issuer, aud: token, iat: nowMs / 1000, exp: nowMs / 1000 + 180, scope: 'read' }
    const tokens = await exchange(provider, { grant_type: grant, assertion: await assertion(privateKey, algorithm, claims) }) // prettier-ignore
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'read' })
    expect(tokens['refresh_token']).toBeUndefined()
    const authorization = `Bearer ${String(tokens['access_token'])}`
    expect(await provider.ask({ target: '/things/1', headers: { authorization } })).toBe('good')
    expect(await provider.ask({ target: '/things/1', headers: { authorization: `${authorization}x` } })).not.toBe(
      'good',
    )
    provider.pass(31 * 60_000)
    expect(await provider.ask({ target: '/things/1', headers: { authorization } })).toBe('expired')
  },
)

test('AUT-09: each wrong part of an assertion is refused, with what is wrong', async () => {
  const fields = { subject: { label: 'User' }, keyId: { label: 'Key ID' } }
  const auth = jwtBearer({ token, fields })
  const simulated = providerWith(auth)
  const provider = await opened(auth, await generateCredentials(simulated), nowMs)
  const { issuer = '', subject = '', keyId = '', privateKey = '' } = provider.credentials
  const at = nowMs / 1000
  const claims = { iss: issuer, sub: subject, aud: token, iat: at, exp: at + 180 }
  const ask = async (changed: JWTPayload, { key = privateKey, alg = 'RS256', kid = keyId } = {}) => {
    const answer = await exchange(provider, { grant_type: grant, assertion: await assertion(key, alg, { ...claims, ...changed }, kid) }) // prettier-ignore
    return answer['error_description'] ?? (answer['access_token'] === undefined ? answer['error'] : 'good')
  }
  const another = (await generateCredentials(simulated))['privateKey'] ?? ''
  expect(await ask({})).toBe('good')
  expect(await ask({}, { key: another })).toMatch('signature')
  expect(await ask({}, { alg: 'RS512' })).toMatch('alg')
  expect(await ask({}, { kid: 'another' })).toMatch('kid')
  expect(await ask({ iss: 'another' })).toMatch('iss')
  expect(await ask({ sub: 'another' })).toMatch('sub')
  expect(await ask({ aud: 'https://elsewhere.example/' })).toMatch('aud')
  expect(await ask({ exp: at - 120, iat: at - 300 })).toMatch('expired')
  expect(await ask({ iat: at + 120 })).toMatch('future')
  expect(await ask({ exp: at + 7200 })).toMatch('more than 3600 s')
  expect(await exchange(provider, { grant_type: grant, assertion: 'a.b.c' })).toMatchObject({ error: 'invalid_grant' })
  expect(await exchange(provider, { grant_type: 'client_credentials' })).toEqual({ error: 'unsupported_grant_type' })
})

test('AUT-09: a client that proves itself by a key is known by its signature, once', async () => {
  const auth = clientCredentials({ endpoints: { token }, proof: 'private-key', algorithm: 'ES256' })
  const provider = await opened(auth, await generateCredentials(providerWith(auth)), nowMs)
  const { clientId = '', clientKey = '' } = provider.credentials
  const ask = async (claims: JWTPayload, key = clientKey) =>
    exchange(provider, {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(key, 'ES256', { iss: clientId, sub: clientId, aud: token, iat: nowMs / 1000, exp: nowMs / 1000 + 60, ...claims }), // prettier-ignore
    })
  const another = (await generateCredentials(providerWith(auth)))['clientKey'] ?? ''
  expect(await ask({ jti: '1' })).toMatchObject({ token_type: 'bearer' })
  expect(await ask({ jti: '1' })).toEqual({ error: 'invalid_client' })
  expect(await ask({ jti: '2' }, another)).toEqual({ error: 'invalid_client' })
  expect(await ask({ jti: '3', aud: 'https://elsewhere.example' })).toEqual({ error: 'invalid_client' })
})

test('what would be taken without being looked at is refused when the simulator starts', async () => {
  const endpoints = { issuer: 'https://login.example.com', token, authorisation: 'https://login.example.com/authorise' }
  for (const auth of [
    oauth2({ endpoints, proof: 'certificate' }),
    clientCredentials({ endpoints, proof: 'certificate' }),
    oauth2({ endpoints, scopes: ['openid'] }),
  ])
    await expect(opened(auth, await generateCredentials(providerWith(auth)))).rejects.toMatchObject({
      code: 'APP_INVALID',
      message: expect.stringContaining('cannot play'),
    })
})
