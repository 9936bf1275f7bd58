import { afterEach, expect, test } from 'vitest'
import { authorised } from '../server.fixture.ts'
import { virtualClock } from '../../testing/virtual-clock.ts'
import { cookieOf, publicUrl, stage, type Person, type Stage } from './connecting.fixture.ts'

let now: Stage
afterEach(() => now.provider.close())

const returnTo = 'https://shop.example/settings?tab=apps'

async function linkFor(connector: string, tenant = 'acme'): Promise<string> {
  const body = { connector, returnTo }
  const { status, text } = await now.ask('POST', `/api/v1/connect-links?tenant=${tenant}`, { as: authorised, body })
  expect(status).toBe(200)
  const { url } = JSON.parse(text) as { url: string }
  expect(url).toMatch(/^https:\/\/tenon\.example\/connect\/[\w-]{43}\.[\w-]+$/)
  return url.slice(publicUrl.length)
}

async function enter(path: string): Promise<Person> {
  expect((await now.ask('GET', path)).status).toBe(200)
  const entered = await now.ask('POST', path, { form: {} })
  expect([entered.status, entered.headers.location]).toEqual([303, '/connect/account'])
  expect(entered.headers['set-cookie']?.[0]).toMatch(
    /^__Secure-tenon_connect=[^;]+; Max-Age=1800; Path=\/connect; HttpOnly; SameSite=Strict; Secure$/,
  )
  return { cookie: cookieOf(entered.headers['set-cookie']) }
}

const order = (as: Person, form: Record<string, string>) => now.ask('POST', '/connect/account', { as, form })

const leadsTo = ({ text }: { text: string }): string =>
  (/<a href="([^"]+)"/.exec(text)?.[1] ?? '').replaceAll('&amp;', '&')

test("a product's customer connects an account by the provider's consent, and comes back with nothing secret", async () => {
  now = await stage()
  const visitor = await enter(await linkFor('crm'))
  const page = await now.ask('GET', '/connect/account', { as: visitor })
  expect(page.text).toContain('You will be sent to crm')
  const consentUrl = leadsTo(await order(visitor, { order: 'connect' }))
  const done = await now.ask('POST', '/connect/callback', {
    as: visitor,
    form: { answer: await now.consentAt(consentUrl) },
  })
  expect([done.status, done.headers.location]).toEqual([303, '/connect/account'])
  expect([...now.kept.keys()]).toEqual(['acme crm/main'])
  const left = await now.ask('GET', '/connect/account', { as: visitor })
  expect(leadsTo(left)).toBe('https://shop.example/settings?tab=apps&connection=main&outcome=connected')
  expect(left.headers['set-cookie']?.[0]).toContain('Max-Age=0')
})

test('by fields, which are kept for that tenant alone', async () => {
  now = await stage()
  const visitor = await enter(await linkFor('pay'))
  expect((await order(visitor, { order: 'connect' })).text).toContain('Something is missing')
  const secret = 'canary_of_acme'
  const done = await order(visitor, { order: 'connect', 'field.apiKey': secret })
  expect(done.status).toBe(303)
  expect(now.kept.get('acme pay/main')?.secrets).toEqual(['apiKey'])
  const shown = await now.ask('GET', '/api/v1/connections?tenant=acme', { as: authorised })
  expect(shown.text).toContain('"apiKey"')
  for (const { text } of [done, shown, await now.ask('GET', '/connect/account', { as: visitor })])
    expect(text).not.toContain(secret)
  expect(JSON.parse((await now.ask('GET', '/api/v1/connections', { as: authorised })).text)).toEqual({
    connections: [],
  })
})

test('who cancels goes back, and nothing is connected', async () => {
  now = await stage()
  const visitor = await enter(await linkFor('pay'))
  await order(visitor, { order: 'cancel' })
  expect(leadsTo(await now.ask('GET', '/connect/account', { as: visitor }))).toContain('outcome=cancelled')
  await order(visitor, { order: 'connect', 'field.apiKey': 'x' })
  expect(now.kept.size).toBe(0)
})

test('SEC-13: a link works once, for fifteen minutes; looking at it does not use it up', async () => {
  const clock = virtualClock()
  now = await stage({ clock })
  const [used, late] = [await linkFor('pay'), await linkFor('pay')]
  await now.ask('GET', used)
  const both = await Promise.all([1, 2].map(() => now.ask('POST', used, { form: {} })))
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 403])
  await clock.advance(15 * 60_000)
  for (const path of [used, late, '/connect/x', `/connect/${'A'.repeat(43)}.YWNtZQ`])
    for (const method of ['GET', 'POST'])
      expect((await now.ask(method, path, method === 'GET' ? {} : { form: {} })).status).toBe(403)
})

test('SEC-13: link, visit and state are no good in the place of each other, nor for the management API', async () => {
  now = await stage()
  const link = await linkFor('crm')
  const token = link.split('/').at(-1) ?? ''
  const visitor = await enter(link)
  const visit = visitor['cookie']?.split('=')[1] ?? ''
  const state = new URL(leadsTo(await order(visitor, { order: 'connect' }))).searchParams.get('state') ?? ''
  for (const text of [visit, state]) expect((await now.ask('GET', `/connect/${text}`)).status).toBe(403)
  for (const text of [token, state]) {
    const cookie = `__Secure-tenon_connect=${text}`
    expect((await now.ask('GET', '/connect/account', { as: { cookie } })).status).toBe(403)
  }
  for (const text of [token, visit])
    expect(
      (await now.ask('POST', '/connect/callback', { as: visitor, form: { answer: `state=${text}` } })).status,
    ).toBe(403)
  for (const as of [visitor, { authorization: `Bearer ${visit}` }, { authorization: `Bearer ${token}` }] as Person[])
    expect((await now.ask('GET', '/api/v1/connections', { as })).status).toBe(401)
})

test('SEC-17: no other site orders anything with the cookie of a visit', async () => {
  now = await stage()
  const visitor = await enter(await linkFor('pay'))
  for (const foreign of [{ origin: 'https://shop.example' }, { 'sec-fetch-site': 'cross-site' }] as Person[])
    expect((await order({ ...visitor, ...foreign }, { order: 'connect', 'field.apiKey': 'x' })).status).toBe(403)
  expect(now.kept.size).toBe(0)
})

test.each([
  'https://evil.example/',
  'https://shop.example.evil.example/',
  'http://shop.example/',
  'https://user@shop.example/',
])('AUT-06: nobody is led back to %s', async (to) => {
  now = await stage()
  const body = { connector: 'pay', returnTo: to }
  const { status } = await now.ask('POST', '/api/v1/connect-links', { as: authorised, body })
  expect(status).toBe(400)
})

test('SEC-09: a session makes no link for another tenant', async () => {
  now = await stage()
  const body = { connector: 'pay', returnTo }
  const as = await now.signIn('mia')
  expect((await now.ask('POST', '/api/v1/connect-links?tenant=acme', { as, body })).status).toBe(403)
})

test('a visit ends after twenty tries: it is no place to try out keys', async () => {
  now = await stage()
  const visitor = await enter(await linkFor('pay'))
  for (let tries = 0; tries < 20; tries += 1) await order(visitor, { order: 'connect' })
  const last = await order(visitor, { order: 'connect', 'field.apiKey': 'x' })
  expect([last.status, last.text.includes('tried too often')]).toEqual([403, true])
  expect(now.kept.size).toBe(0)
})
