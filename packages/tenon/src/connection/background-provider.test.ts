import { afterEach, expect, test } from 'vitest'
import { randomBytes } from 'node:crypto'
import { memoryStore } from '../store/memory.ts'
import { createLog } from '../telemetry/log.ts'
import { createRedactor } from '../telemetry/redact.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { oauth2 } from '../definition/oauth.ts'
import { lifeOf } from './authorisation-life.ts'
import { openGround } from './ground.ts'
import { openConnections } from './live-connections.ts'
import { redirectUri, startProvider } from './oauth/openid-provider.fixture.ts'
import { getTokens, openTokens, tokensKey, type TokensBody } from './tokens-document.ts'
import { createVault } from './vault/create-vault.ts'
import { environmentKeys } from './vault/environment.ts'

const which = { tenant: 'default', connector: 'shop', name: 'main' }
const clientSecret = 'canary client secret that is long enough'
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

test('AUT-05, AUT-07: a certified provider is asked in time without a call, and what it takes back is told; no address and no log line holds a token', async () => {
  const consent = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code' as const] }
  const provider = await startProvider({
    clients: [{ client_id: 'web', client_secret: clientSecret, redirect_uris: [redirectUri], ...consent }],
  })
  closing.push(() => provider.close())
  const auth = oauth2({ endpoints: { issuer: provider.issuer }, scopes: ['orders'], refreshLife: '1d' })
  const shop = defineConnector('shop', { baseUrl: provider.issuer, auth, operations: {} }) as unknown as Connector
  // The provider's own time is that of this machine.
  const clock = virtualClock({ startMs: Date.now() })
  const transport = { allowedOrigins: [provider.issuer], tls: { authority: provider.authority.certificate } }
  const store = memoryStore()
  const vault = createVault({
    store,
    clock,
    masterKeys: environmentKeys(randomBytes(32).toString('base64'), undefined),
  })
  const lines: string[] = []
  const redactor = createRedactor()
  const log = createLog({ clock, redactor, form: 'json', write: (line) => void lines.push(line) })
  const connections = await openConnections({
    store,
    vault,
    clock,
    log,
    transport,
    random: Math.random,
    holder: 'this process',
    connectors: new Map([['shop', shop]]),
    standIns: new Map(),
    onSecret: redactor.add,
    ofApp: [],
  })
  closing.push(() => connections.close())
  const fields = { clientId: 'web', clientSecret }
  const ground = await openGround({
    ...which,
    connector: shop,
    baseUrl: provider.issuer,
    fields,
    simulated: false,
    clock,
    transport,
  })
  closing.push(() => ground.close())
  const begun = await ground.scheme.browser?.begin(ground.context, { redirectUri, state: 's', scopes: ['orders'] })
  const answer = (await provider.consent(begun?.url ?? '')).searchParams
  const tokens = await ground.scheme.browser?.complete(ground.context, begun?.pending ?? {}, answer)
  if (tokens === undefined) throw new Error('no consent')
  const secrets = [clientSecret, tokens.access.reveal(), tokens.refresh?.reveal() ?? '']
  await connections.managed.authorise(
    which,
    { fields, tokens, account: null, confirmAccountChange: false },
    { by: 'mia' },
  )

  const body = async (): Promise<TokensBody> => (await getTokens(store, which)).body
  const leased = async (): Promise<number> => (await store.get({ ...tokensKey(which), kind: 'lease' }))?.version ?? 0
  // Then time stands still: the provider's answer takes time of this machine.
  const untilBegun = async (): Promise<void> => {
    const before = await leased()
    await clock.advance(lifeOf(which, await body(), clock.now()).renewAt - clock.now())
    while ((await leased()) === before) await clock.advance(1000)
  }
  await untilBegun()
  await expect.poll(async () => (await body()).generation, { timeout: 15_000 }).toBe(2)
  const kept = await openTokens(vault, which, await getTokens(store, which))
  secrets.push(kept?.access.reveal() ?? '', kept?.refresh?.reveal() ?? '')
  expect(connections.managed.show(which)).toMatchObject({ state: 'healthy' })
  expect([...connections.counts()]).toEqual([{ connector: 'shop', state: 'healthy', count: 1 }])

  // Somebody uses the first refresh token again: the provider ends the whole family.
  const authenticator = ground.scheme.open(ground.context)
  if (!('obtain' in authenticator)) throw new Error('no tokens')
  await expect(authenticator.obtain(tokens)).rejects.toMatchObject({ code: 'AUTHORISATION_LOST' })
  await untilBegun()
  await expect.poll(() => connections.managed.show(which).state, { timeout: 15_000 }).toBe('needs-authorisation')
  expect(connections.managed.show(which).cause).toMatch(
    /shop\/main.*its renewal.*invalid_grant.*connect the account again/,
  )
  expect([...connections.counts()]).toEqual([{ connector: 'shop', state: 'needs-authorisation', count: 1 }])
  expect(lines.join('')).toContain('connection.lost')
  expect(provider.asked.length).toBeGreaterThan(4)
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10)
    expect(provider.asked.join('\n')).not.toContain(secret)
    expect(lines.join('')).not.toContain(secret)
  }
})
