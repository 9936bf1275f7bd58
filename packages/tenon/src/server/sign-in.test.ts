import { describe, expect, test } from 'vitest'
import { virtualClock } from '../testing/virtual-clock.ts'
import { authorised, expectProblem, send, start, type Harness } from './server.fixture.ts'

const minute = 60_000

const tokenOf = (url: string): string => new URL(url).searchParams.get('token') ?? ''

function submit({ server }: Harness, token: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/console/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: server.url, ...headers },
    body: new URLSearchParams({ token }),
  })
}

describe('a one-time link', () => {
  test('opens a page that sends its token at once, and then lets in with a cookie that no script reads', async () => {
    const harness = await start()
    const { url } = await harness.server.signInLink('mia')
    const page = await harness.ask(url.replace(harness.server.url, ''))
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await page.text()).toContain(`value="${tokenOf(url)}"`)
    // Fetch §3.1: under no-referrer the form would be sent with the Origin `null`.
    expect(page.headers.get('referrer-policy')).toBe('same-origin')

    const entered = await submit(harness, tokenOf(url))
    expect([entered.status, entered.headers.get('location')]).toEqual([303, '/console/'])
    const given = entered.headers.get('set-cookie') ?? ''
    expect(given).toMatch(/^tenon_session_[0-9a-f]{8}=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/)
    const session = await harness.ask('/api/v1/session', { headers: { cookie: given.split(';', 1)[0] ?? '' } })
    expect(await session.json()).toMatchObject({
      by: 'mia',
      tenant: 'default',
      expiresAt: expect.any(Number) as number,
    })
  })

  test('is not used up by who only looks at it, as previews of links do', async () => {
    const harness = await start()
    const { url } = await harness.server.signInLink('mia')
    for (const method of ['GET', 'HEAD', 'GET'])
      expect((await harness.ask(url.replace(harness.server.url, ''), { method })).status).toBe(200)
    expect((await submit(harness, tokenOf(url))).status).toBe(303)
  })

  test('that was used, has expired, is not whole or is hostile leads to a page that says what to do', async () => {
    const clock = virtualClock()
    const harness = await start({ clock })
    const [used, old] = [
      (await harness.server.signInLink('mia')).url,
      (await harness.server.signInLink('mia')).url,
    ].map(tokenOf)
    await submit(harness, used ?? '')
    await clock.advance(10 * minute)
    for (const token of [used, old, 'x', '', '"><script>alert(1)</script>', 'A'.repeat(43), '../../etc/passwd']) {
      const page = await harness.ask(`/console/sign-in?token=${encodeURIComponent(token ?? '')}`)
      const entered = await submit(harness, token ?? '')
      for (const answer of [page, entered]) {
        const text = await answer.text()
        expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null])
        expect(text).toContain('npx tenon console')
        expect(text).not.toContain('<script>')
      }
    }
  })

  test('is not followed twice by who is in already: they are led to the console', async () => {
    const harness = await start()
    const { url } = await harness.server.signInLink('mia')
    const entered = await submit(harness, tokenOf(url))
    const cookie = entered.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
    const again = await harness.ask(url.replace(harness.server.url, ''), { headers: { cookie } })
    expect([again.status, again.headers.get('location')]).toEqual([303, '/console/'])
  })

  test('of two that are sent at once, one gets in', async () => {
    const harness = await start()
    const token = tokenOf((await harness.server.signInLink('mia')).url)
    const entered = await Promise.all(Array.from({ length: 8 }, () => submit(harness, token)))
    expect(entered.filter(({ status }) => status === 303)).toHaveLength(1)
  })

  test('SEC-17: a page of another site cannot sign anyone in, and uses no link up by trying', async () => {
    const harness = await start()
    const token = tokenOf((await harness.server.signInLink('mia')).url)
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ] as Record<string, string>[])
      await expectProblem(await submit(harness, token, headers), 403, 'FORBIDDEN')
    const bare = await send(harness.server.port, 'POST', '/console/sign-in', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${token}`,
    })
    expect(bare.status).toBe(403)
    expect((await submit(harness, token)).status).toBe(303)
  })

  test('SEC-17: signing in anew gives a new session and ends the one that was there', async () => {
    const harness = await start()
    const first = await harness.signIn()
    const entered = await submit(harness, tokenOf((await harness.server.signInLink('joe')).url), {
      cookie: first.cookie,
    })
    expect(entered.headers.get('set-cookie')).not.toContain(first.cookie)
    await expectProblem(await harness.ask('/api/v1/session', { headers: first }), 401, 'UNAUTHENTICATED')
  })

  test.each([
    ['JSON', 'application/json', '{"token":7}', 403],
    ['nothing', 'application/x-www-form-urlencoded', '', 403],
    ['another type', 'text/plain', 'token=x', 415],
    ['too much', 'application/x-www-form-urlencoded', `token=${'x'.repeat(5000)}`, 413],
    ['a list', 'application/json', '[]', 403],
  ])('a form that is %s is refused', async (_what, type, body, status) => {
    const { server } = await start()
    const headers = { origin: server.url, 'content-type': type }
    expect((await send(server.port, 'POST', '/console/sign-in', { headers, body })).status).toBe(status)
  })
})

describe('a session', () => {
  test('ends by signing out: the cookie is taken back and is worth nothing any more', async () => {
    const { ask, signIn } = await start()
    const browser = await signIn()
    const left = await ask('/api/v1/session', { method: 'DELETE', headers: browser })
    expect([left.status, left.headers.get('set-cookie')]).toEqual([
      204,
      `${browser.cookie.split('=')[0]}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict`,
    ])
    await expectProblem(await ask('/api/v1/runs', { headers: browser }), 401, 'UNAUTHENTICATED')
  })

  test('ends after twelve idle hours', async () => {
    const clock = virtualClock()
    const { ask, signIn } = await start({ clock })
    const browser = await signIn()
    await clock.advance(12 * 60 * minute - 1)
    expect((await ask('/api/v1/session', { headers: browser })).status).toBe(200)
    await clock.advance(12 * 60 * minute)
    await expectProblem(await ask('/api/v1/session', { headers: browser }), 401, 'UNAUTHENTICATED')
  })

  test('is one of several: each has its own, and ends alone', async () => {
    const { ask, signIn } = await start()
    const [mia, joe] = [await signIn('mia'), await signIn('joe')]
    await ask('/api/v1/session', { method: 'DELETE', headers: mia })
    expect(await (await ask('/api/v1/session', { headers: joe })).json()).toMatchObject({ by: 'joe' })
  })

  test('does not let others in: that needs the token', async () => {
    const { ask, signIn } = await start()
    const orders = { method: 'POST', headers: await signIn() }
    await expectProblem(await ask('/api/v1/sign-in-links', orders), 403, 'FORBIDDEN')
    const link = await ask('/api/v1/sign-in-links', { method: 'POST', headers: authorised })
    expect(await link.json()).toMatchObject({ url: expect.stringMatching(/\/console\/sign-in\?token=/) as string })
  })

  test('of another server on this machine is not mixed up with ours: cookies know no ports', async () => {
    const [one, two] = [await start(), await start()]
    const name = (cookie: string): string => cookie.split('=')[0] ?? ''
    // The same data folder has the same name; another one would have another.
    expect(name((await one.signIn()).cookie)).toBe(name((await two.signIn()).cookie))
    const both = `tenon_session_00000000=${'A'.repeat(43)}; ${(await two.signIn()).cookie}; theme=dark`
    expect((await two.ask('/api/v1/session', { headers: { cookie: both } })).status).toBe(200)
  })
})

describe('behind a proxy that speaks HTTPS', () => {
  const publicUrl = 'https://tenon.example.com'
  const asProxied = { host: 'tenon.example.com', origin: publicUrl }

  test('the link names its address, the cookie goes over HTTPS only, and its Origin is ours', async () => {
    const { server } = await start({ publicUrl })
    const { url } = await server.signInLink('mia')
    expect(url).toMatch(/^https:\/\/tenon\.example\.com\/console\/sign-in\?token=/)
    const entered = await send(server.port, 'POST', '/console/sign-in', {
      headers: { ...asProxied, 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${tokenOf(url)}`,
    })
    const [given = ''] = entered.headers['set-cookie'] ?? []
    expect(given).toMatch(/^__Host-tenon_session_[0-9a-f]{8}=[\w-]{43}; .*Path=\/; HttpOnly; SameSite=Strict; Secure$/)
    const cookie = given.split(';', 1)[0] ?? ''
    const order = { headers: { ...asProxied, cookie, 'content-type': 'application/json' }, body: '{"flow":"nothing"}' }
    expect((await send(server.port, 'POST', '/api/v1/runs', order)).status).toBe(404)
    const plain = { ...order, headers: { ...order.headers, origin: 'http://tenon.example.com' } }
    expect((await send(server.port, 'POST', '/api/v1/runs', plain)).status).toBe(403)
    // By its loopback name it is another site, with another cookie.
    const direct = { headers: { cookie } }
    expect((await send(server.port, 'GET', '/api/v1/session', direct)).status).toBe(401)
  })

  test('a name that is not known yet is told how to become known', async () => {
    const { server } = await start()
    const { text } = await send(server.port, 'GET', '/console/', { headers: { host: 'tenon.example.com' } })
    expect(JSON.parse(text)).toMatchObject({ status: 403, detail: expect.stringContaining('TENON_URL') as string })
  })

  test('other names stay foreign, and forwarded headers change nothing (SEC-14)', async () => {
    const { server } = await start({ publicUrl })
    for (const headers of [
      { host: 'evil.example' },
      { host: 'evil.example', 'x-forwarded-host': 'tenon.example.com', forwarded: 'host=tenon.example.com' },
      { host: 'tenon.example.com:8443' },
    ])
      expect(
        (await send(server.port, 'GET', '/api/v1/status', { headers: { ...authorised, ...headers } })).status,
      ).toBe(403)
  })
})
