import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../../base/clock.ts'
import { Secret } from '../../base/secret.ts'
import { oauth2, type OAuthDialect } from '../../definition/oauth.ts'
import type { TokenAuthenticator, Tokens } from '../auth-scheme.ts'
import { scheme } from '../auth/oauth2.ts'
import { contextOver } from './context.fixture.ts'
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.fixture.ts'

const hour = 3_600_000
const now = Date.UTC(2026, 0, 1)
const clock: Clock = { ...systemClock, now: () => now }
let endpoint: TokenEndpoint

beforeAll(async () => {
  endpoint = await startTokenEndpoint()
})
afterAll(() => endpoint.close())
beforeEach(() => {
  endpoint.requests.length = 0
})

const current: Tokens = {
  access: new Secret('access-0'),
  refresh: new Secret('refresh-0'),
  expiresAt: now,
  scopes: ['old'],
  refreshLife: { endsAt: now + hour, lifeMs: 24 * hour },
}

async function renew(dialect: OAuthDialect, body: unknown, status = 200): Promise<Tokens> {
  endpoint.answer = () => ({ status, body })
  const declaration = oauth2({ endpoints: { token: endpoint.url }, ...dialect })
  const context = contextOver(endpoint.transport, declaration, { clientId: 'id', clientSecret: 'secret' }, { clock })
  return (scheme.open(context) as TokenAuthenticator).obtain(current)
}

const shown = ({ access, refresh, refreshLife, ...rest }: Tokens) => ({
  refreshLife,
  access: access.reveal(),
  refresh: refresh?.reveal(),
  ...rest,
})

/** Bodies as the providers print them. */
const answers: readonly (readonly [provider: string, dialect: OAuthDialect, body: object, tokens: object])[] = [
  [
    'GitHub tells the life of the refresh token, and no scopes as an empty text',
    {},
    {
      access_token: 'a',
      expires_in: 28_800,
      refresh_token: 'r',
      refresh_token_expires_in: 15_897_600,
      token_type: 'bearer',
      scope: '',
    },
    {
      access: 'a',
      refresh: 'r',
      scopes: [],
      expiresAt: now + 8 * hour,
      refreshLife: { endsAt: now + 15_897_600_000, lifeMs: 15_897_600_000 },
    },
  ],
  [
    'Google sends no refresh token again: the one that it gave lives on',
    {},
    { access_token: 'a', expires_in: 3920, scope: 'https://www.googleapis.com/auth/drive', token_type: 'Bearer' },
    { access: 'a', refresh: 'refresh-0', refreshLife: current.refreshLife },
  ],
  [
    'Slack separates scopes by commas, and calls its token a bot',
    { scopeSeparator: ',' },
    {
      ok: true,
      access_token: 'xoxe.xoxb-1',
      expires_in: 43_200,
      refresh_token: 'xoxe-1',
      token_type: 'bot',
      scope: 'commands,incoming-webhook',
    },
    { access: 'xoxe.xoxb-1', scopes: ['commands', 'incoming-webhook'] },
  ],
  [
    'Salesforce names no life, but the instance',
    { life: '2h', facts: ['id'], instance: { fact: 'instance_url', hosts: ['*.my.salesforce.com'] } },
    {
      access_token: '00D!a',
      signature: 's',
      scope: 'api',
      instance_url: 'https://acme.my.salesforce.com',
      id: 'https://login.salesforce.com/id/1',
      token_type: 'Bearer',
      issued_at: '1',
    },
    {
      expiresAt: now + 2 * hour,
      facts: { instance_url: 'https://acme.my.salesforce.com', id: 'https://login.salesforce.com/id/1' },
    },
  ],
  [
    'Shopify names neither type nor life',
    {},
    { access_token: 'shpat_1', scope: 'read_orders' },
    { access: 'shpat_1', expiresAt: null },
  ],
  [
    'Keycloak tells how long a session may rest',
    {},
    {
      access_token: 'a',
      expires_in: 300,
      refresh_expires_in: 1800,
      refresh_token: 'r',
      token_type: 'Bearer',
      'not-before-policy': 0,
      scope: 'profile',
    },
    { refreshLife: { endsAt: now + hour / 2, lifeMs: hour / 2 } },
  ],
  [
    'Keycloak of an offline session: zero is no end',
    {},
    { access_token: 'a', expires_in: 300, refresh_expires_in: 0, refresh_token: 'r', token_type: 'Bearer' },
    { refresh: 'r', refreshLife: undefined },
  ],
  [
    'Intuit has its own name for it',
    {},
    {
      token_type: 'bearer',
      access_token: 'a',
      expires_in: 3600,
      refresh_token: 'r',
      x_refresh_token_expires_in: 8_640_000,
    },
    { refreshLife: { endsAt: now + 8_640_000_000, lifeMs: 8_640_000_000 } },
  ],
  [
    'Xero says nowhere that it ends after 60 days, so the connector does; an identity that nobody asked for is dropped',
    { refreshLife: '60d' },
    { access_token: 'a', expires_in: 1800, token_type: 'Bearer', refresh_token: 'r', id_token: 'not.a.jwt' },
    { refreshLife: { endsAt: now + 1440 * hour, lifeMs: 1440 * hour } },
  ],
  [
    'Twitch lists its scopes',
    {},
    { access_token: 'a', refresh_token: 'r', scope: ['a:read', 'b:edit'], token_type: 'bearer' },
    { scopes: ['a:read', 'b:edit'] },
  ],
  [
    'Microsoft (v1) writes the life as a text',
    {},
    { token_type: 'Bearer', expires_in: '3599', access_token: 'a', refresh_token: 'r' },
    { expiresAt: now + 3_599_000 },
  ],
  [
    'a life of nothing, scopes and a refresh token that are null',
    {},
    { access_token: 'a', expires_in: null, scope: null, refresh_token: null },
    { expiresAt: null, refresh: 'refresh-0', scopes: ['old'] },
  ],
]

describe('answers as providers give them', () => {
  test.each(answers)('%s', async (_provider, dialect, body, tokens) => {
    expect(shown(await renew(dialect, body))).toMatchObject(tokens)
  })

  test('what a connector sends along goes with each renewal, and into the body only', async () => {
    await renew({ tokenParameters: { resource: 'https://erp.example' } }, { access_token: 'a', token_type: 'bearer' })
    expect(endpoint.requests[0]).toMatchObject({
      url: '/token',
      form: { grant_type: 'refresh_token', refresh_token: 'refresh-0', resource: 'https://erp.example' },
    })
  })
})

/** Each names the connection, what was asked for and what to do, and repeats nothing else that the provider wrote. */
const refusals: readonly (readonly [
  what: string,
  dialect: OAuthDialect,
  status: number,
  body: unknown,
  code: string,
  message: RegExp,
])[] = [
  [
    'a revoked or expired refresh token',
    {},
    400,
    { error: 'invalid_grant', error_description: 'canary' },
    'AUTHORISATION_LOST',
    /renewal.*invalid_grant.*connect the account again/,
  ],
  [
    'GitHub says it with status 200 and its own word',
    { lostBy: ['bad_refresh_token'] },
    200,
    { error: 'bad_refresh_token', error_description: 'canary' },
    'AUTHORISATION_LOST',
    /bad_refresh_token.*connect the account again/,
  ],
  [
    'Slack says it with ok: false',
    { lostBy: ['invalid_refresh_token'] },
    200,
    { ok: false, error: 'invalid_refresh_token' },
    'AUTHORISATION_LOST',
    /connect the account again/,
  ],
  [
    'a wrong client secret',
    {},
    401,
    { error: 'invalid_client', error_description: 'canary' },
    'CREDENTIALS_REFUSED',
    /renewal.*invalid_client.*check the client ID/,
  ],
  ['a grant that is not allowed', {}, 400, { error: 'unauthorized_client' }, 'CREDENTIALS_REFUSED', /allow this grant/],
  [
    'an error of its own',
    {},
    400,
    { error: 'org_locked', error_description: 'canary' },
    'UPSTREAM_REFUSED',
    /org_locked.*see what the provider says/,
  ],
  [
    'a name of an object',
    { lostBy: [] },
    400,
    { error: 'constructor' },
    'UPSTREAM_REFUSED',
    /see what the provider says/,
  ],
  ['an outage', {}, 503, '<html>canary</html>', 'UPSTREAM_UNAVAILABLE', /renewal.*status 503.*tried again/],
  ['an outage that looks like a refusal', {}, 500, { error: 'invalid_grant' }, 'UPSTREAM_UNAVAILABLE', /status 500/],
  ['a page in place of tokens', {}, 200, '<html>canary</html>', 'UPSTREAM_ANSWER_INVALID', /renewal/],
  [
    'a token that must be proved (DPoP)',
    {},
    200,
    { access_token: 'a', token_type: 'DPoP' },
    'UPSTREAM_ANSWER_INVALID',
    /DPoP.*bearer/,
  ],
  [
    'a token that breaks a header',
    {},
    200,
    { access_token: 'a\r\nx: canary', token_type: 'bearer' },
    'UPSTREAM_ANSWER_INVALID',
    /no usable access token/,
  ],
  ['no token at all', {}, 200, { token_type: 'bearer' }, 'UPSTREAM_ANSWER_INVALID', /renewal/],
  [
    'an instance of somebody else',
    { instance: { fact: 'instance_url', hosts: ['*.my.salesforce.com'] } },
    200,
    { access_token: 'a', token_type: 'bearer', instance_url: 'https://my.salesforce.com.evil.example' },
    'ADDRESS_REFUSED',
    /evil\.example.*\*\.my\.salesforce\.com/,
  ],
]

test.each(refusals)('what goes wrong is named with its remedy: %s', async (_what, ...refusal) => {
  const [dialect, status, body, code, message] = refusal
  const error = await renew(dialect, body, status).then(
    () => null,
    (thrown: unknown) => thrown as Error & { code: string },
  )
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  if (code !== 'ADDRESS_REFUSED') expect(error?.message).toContain('shop/main')
  expect(`${error?.message} ${JSON.stringify(error)}`).not.toContain('canary')
})
