import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { tokenLogin } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import { answer, connect, startUpstream, type Bench, type Seen, type Upstream } from './upstream.suite.ts'

const parts = { method: 'GET', input: z.any(), output: z.any() } as const

/** One call an hour, with a login before the first. */
const shop = defineConnector('shop', {
  baseUrl: 'https://shop.example',
  auth: tokenLogin({ password: { label: 'Password' } }, {
    login: ({ password }) => ({ path: '/login', body: { password } }),
    token: (body) => (body as { token?: string } | undefined)?.token,
    life: '10d',
  }), // prettier-ignore
  policies: { retry: { attempts: 1 }, limits: { declared: [{ name: 'default', requests: 1, per: '1h' }] } },
  operations: { read: { ...parts, path: '/x', redirects: 1 } },
})

let upstream: Upstream
let bench: Bench

beforeEach(async () => {
  upstream = await startUpstream()
  bench = await connect(shop, upstream, { credentials: { password: 'canary' }, policies: await loadPolicies() })
})
afterEach(async () => {
  await bench.client.close()
  upstream.close()
})

const isLogin = ({ url }: Seen): boolean => url === '/login'
const requests = (): number => upstream.seen.filter((seen) => !isLogin(seen)).length

/** Logins are answered, and all others by `respond`. */
function responding(respond: Upstream['respond']): void {
  upstream.respond = (seen, response, socket) =>
    isLogin(seen) ? answer(response, 200, { token: 't' }) : respond(seen, response, socket)
}

/** Whether the next call may go, which is answered then. */
async function mayGo(): Promise<boolean> {
  const before = requests()
  responding((_seen, response) => answer(response, 200, {}))
  const { outcome } = await bench.call('read', {}, { patienceMs: 0 })
  expect(requests() - before).toBe(outcome === 'answered' ? 1 : 0)
  return outcome === 'answered'
}

describe('OUT-04: a call that ends without an answer', () => {
  test('is given back where it never left: its login failed', async () => {
    upstream.respond = (_seen, response) => answer(response, 500)
    expect(await bench.call('read')).toMatchObject({ outcome: 'failed', fate: 'not-sent' })
    expect(await mayGo()).toBe(true)
  })

  test('is given back where its time was over before it left', async () => {
    const logins: ServerResponse[] = []
    upstream.respond = (_seen, response) => void logins.push(response)
    expect(await bench.call('read', {}, { timeoutMs: 50 })).toMatchObject({ outcome: 'failed', fate: 'not-sent' })
    for (const login of logins) answer(login, 200, { token: 't' })
    expect(await mayGo()).toBe(true)
  })

  test('is given back where it was given up before it left', async () => {
    const given = new AbortController()
    upstream.respond = (_seen, response) => {
      given.abort()
      setImmediate(() => answer(response, 200, { token: 't' }))
    }
    expect(await bench.call('read', {}, { signal: given.signal })).toMatchObject({ fate: 'not-sent' })
    expect(await mayGo()).toBe(true)
  })

  test('is counted where it was given up after it left', async () => {
    const given = new AbortController()
    responding(() => given.abort())
    expect(await bench.call('read', {}, { signal: given.signal })).toMatchObject({ fate: 'ambiguous' })
    expect(await mayGo()).toBe(false)
  })

  test('is counted where its time was over after it left', async () => {
    responding(() => undefined)
    expect(await bench.call('read', {}, { timeoutMs: 200 })).toMatchObject({ fate: 'ambiguous' })
    expect(await mayGo()).toBe(false)
  })

  test('is counted where its connection broke', async () => {
    responding((_seen, _response, socket) => socket.destroy())
    expect(await bench.call('read')).toMatchObject({ fate: 'ambiguous' })
    expect(await mayGo()).toBe(false)
  })

  test('is counted where it was redirected to what cannot be reached', async () => {
    const gone = await startUpstream()
    gone.close()
    responding((_seen, response) => answer(response, 302, '', { location: `${gone.origin}/x` }))
    expect(await bench.call('read')).toMatchObject({ outcome: 'failed' })
    expect(requests()).toBe(1)
    expect(await mayGo()).toBe(false)
  })

  test('is counted where it was refused with 401, and the login after it failed', async () => {
    let logins = 0
    upstream.respond = (seen, response) => {
      if (!isLogin(seen)) answer(response, 401, {})
      else if ((logins += 1) === 1) answer(response, 200, { token: 'old' })
      else answer(response, 500)
    }
    expect(await bench.call('read')).toMatchObject({ outcome: 'failed', fate: 'not-sent' })
    expect([requests(), logins]).toEqual([1, 2])
    expect(await mayGo()).toBe(false)
  })
})
