import { afterEach, describe, expect, test } from 'vitest'
import { authorised } from '../server.fixture.ts'
import { virtualClock } from '../../testing/virtual-clock.ts'
import { clientSecret, publicUrl, stage, type Person, type Stage } from './connecting.fixture.ts'

// The provider is a certified one, over TLS with an authority of its own.

let now: Stage
afterEach(() => now.provider.close())

const consents = '/api/v1/connections/crm/main/consents'
const mainKey = 'default crm/main'

async function begin(as: Person, path = consents): Promise<{ consent: string; url: string }> {
  const { status, text } = await now.ask('POST', path, { as, body: {} })
  expect([status, text.includes(clientSecret)]).toEqual([200, false])
  return JSON.parse(text) as { consent: string; url: string }
}

const handOver = (answer: string, as: Person = {}) => now.ask('POST', '/connect/callback', { as, form: { answer } })

const look = async (consent: string, as: Person): Promise<Record<string, unknown>> =>
  JSON.parse((await now.ask('POST', `/api/v1/consents/${consent}/look`, { as })).text) as Record<string, unknown>

/** Nothing came of it, and the page says so in our own words. */
function expectRefused({ status, text }: { status: number; text: string }): void {
  expect(status).toBe(403)
  expect(text).toContain('The account was not connected')
  expect(now.kept.size).toBe(0)
}

describe('a consent in a browser', () => {
  test('AUT-06: goes by PKCE S256, a one-time state and exactly our address, and connects the account of who consented', async () => {
    now = await stage()
    const mia = await now.signIn('mia')
    const { url, consent } = await begin(mia)
    const asked = new URL(url).searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      code_challenge_method: 'S256',
      redirect_uri: `${publicUrl}/connect/callback`,
      state: expect.stringMatching(/^[\w-]{43}\./) as string,
    })
    const done = await handOver(await now.consentAt(url), mia)
    expect([done.status, done.headers.location]).toEqual([303, `/console/connections/crm/main?consent=${consent}`])
    expect(now.kept.get(mainKey)?.account).toEqual({ id: 'ada', name: 'ada of CRM' })
    expect(await look(consent, mia)).toMatchObject({ state: 'connected', problem: null })
  })

  test('begun with the token at a terminal, it needs no cookie in the browser', async () => {
    now = await stage()
    const { url, consent } = await begin(authorised)
    const done = await handOver(await now.consentAt(url))
    expect([done.status, done.text.includes('The account is connected')]).toEqual([200, true])
    expect(await look(consent, authorised)).toMatchObject({ state: 'connected' })
  })

  test('EGR-07: what the app itself brings goes to no address that somebody names', async () => {
    now = await stage()
    const { status, text } = await now.ask('POST', consents, {
      as: authorised,
      body: { baseUrl: 'https://sink.example' },
    })
    expect([status, text.includes(clientSecret)]).toEqual([400, false])
    expect(text).toContain('clientId')
  })

  test('AUT-06: the answer of a provider is taken once', async () => {
    now = await stage()
    const mia = await now.signIn('mia')
    const answer = await now.consentAt((await begin(mia)).url)
    const ended = await Promise.all([1, 2, 3].map(() => handOver(answer, mia)))
    expect(ended.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 403, 403])
    expect((await handOver(answer, mia)).text).toContain('taken already')
  })

  test("AUT-06: a swapped state, and another user's, connects nothing", async () => {
    now = await stage()
    const [mia, joe] = [await now.signIn('mia'), await now.signIn('joe')]
    const [ofMia, ofJoe] = [await begin(mia), await begin(joe)]
    const answer = new URLSearchParams(await now.consentAt(ofMia.url))
    expectRefused(await handOver(answer.toString(), joe))
    expectRefused(await handOver(answer.toString()))
    answer.set('state', new URL(ofJoe.url).searchParams.get('state') ?? '')
    expectRefused(await handOver(answer.toString(), mia))
    // Joe's own state with Mia's code: the proof of the code is not his, and the provider refuses it.
    await handOver(answer.toString(), joe)
    expect(now.kept.size).toBe(0)
    expect(await look(ofJoe.consent, joe)).toMatchObject({ state: 'failed' })
  })

  test('AUT-06: the answer of another issuer is refused (mix-up)', async () => {
    now = await stage()
    const mia = await now.signIn('mia')
    const { url, consent } = await begin(mia)
    const answer = new URLSearchParams(await now.consentAt(url))
    answer.set('iss', 'https://evil.example')
    await handOver(answer.toString(), mia)
    expect(now.kept.size).toBe(0)
    expect(await look(consent, mia)).toMatchObject({ state: 'failed' })
  })

  test('AUT-06: an answer that comes after ten minutes is none', async () => {
    const clock = virtualClock()
    now = await stage({ clock })
    const { url } = await begin(authorised)
    const state = new URL(url).searchParams.get('state') ?? ''
    await clock.advance(10 * 60_000)
    expectRefused(await handOver(`code=x&state=${state}`))
  })

  test.each([
    '',
    'code=x',
    'state=x&code=y',
    `state=${'A'.repeat(43)}.ZGVmYXVsdA&code=y`,
    'state[]=1',
    'error=access_denied',
  ])('AUT-06: %j belongs to no consent', async (answer) => {
    now = await stage()
    expectRefused(await handOver(answer, await now.signIn('mia')))
  })

  test('AUT-06 SEC-12: a script in code, error and state is shown nowhere', async () => {
    now = await stage()
    const mia = await now.signIn('mia')
    const { url } = await begin(mia)
    const state = new URL(url).searchParams.get('state') ?? ''
    const script = '<script>alert(1)</script>'
    const query = new URLSearchParams({ code: script, error: script, error_description: script, state })
    const page = await now.ask('GET', `/connect/callback?${query.toString()}`)
    const refused = await handOver(`${query.toString()}&state=${encodeURIComponent(script)}`, mia)
    const taken = await handOver(query.toString(), mia)
    for (const { text, headers } of [page, refused, taken]) {
      expect(text).not.toContain('alert')
      expect(text).not.toContain(state)
      expect(headers.location ?? '').not.toContain('alert')
    }
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  })

  test('SEC-17: no other site makes a browser hand an answer over', async () => {
    now = await stage()
    const mia = await now.signIn('mia')
    const answer = await now.consentAt((await begin(mia)).url)
    for (const foreign of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Person[])
      expect((await handOver(answer, { ...mia, ...foreign })).status).toBe(403)
    expect(now.kept.size).toBe(0)
  })

  test('SEC-09: what one began, another one neither sees nor confirms', async () => {
    now = await stage()
    const [mia, joe] = [await now.signIn('mia'), await now.signIn('joe')]
    const { consent } = await begin(mia)
    for (const as of [joe, authorised] as Person[])
      for (const order of ['look', 'confirm'])
        expect((await now.ask('POST', `/api/v1/consents/${consent}/${order}`, { as })).status).toBe(404)
    expect((await now.ask('POST', `/api/v1/consents/${consent}/look?tenant=other`, { as: mia })).status).toBe(403)
  })
})

describe('AUT-08: another account than before', () => {
  test('AUT-08: is shown with the old one, and taken only when that is confirmed', async () => {
    now = await stage()
    const mia = await now.signIn('mia')
    const first = await begin(mia)
    await handOver(await now.consentAt(first.url), mia)
    const kept = now.kept.get(mainKey)
    if (kept === undefined) throw new Error('nothing was kept')
    const grace = { id: 'grace', name: 'Grace' }
    now.kept.set(mainKey, { ...kept, account: grace })

    const { url, consent } = await begin(mia)
    await handOver(await now.consentAt(url), mia)
    expect(now.kept.get(mainKey)?.account).toEqual(grace)
    expect(await look(consent, mia)).toMatchObject({ state: 'account-changed', accounts: { now: { id: 'ada' } } })
    expect((await now.ask('POST', `/api/v1/consents/${consent}/confirm`, { as: mia })).status).toBe(200)
    expect(now.kept.get(mainKey)?.account?.id).toBe('ada')
    expect((await now.ask('POST', `/api/v1/consents/${consent}/confirm`, { as: mia })).status).toBe(400)
  })
})
