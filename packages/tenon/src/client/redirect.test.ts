import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createConnections } from '../connection/connection.ts'
import { bearer } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { operation } from '../definition/operation.ts'
import { createTransport } from '../outbound/transport.ts'
import { createClient, type CallAnswer, type OpenClient } from './client.ts'
import { answer, startUpstream, type Upstream } from './upstream.suite.ts'

const input = z.object({})
const output = z.unknown()
const follow = { path: '/start', input, output, redirects: 5 } as const

let shop: Upstream
let other: Upstream
let client: OpenClient

beforeEach(async () => {
  shop = await startUpstream()
  other = await startUpstream()
})
afterEach(async () => {
  await client.close()
  shop.close()
  other.close()
})

async function call(name: string, allowed = [shop.origin, other.origin]): Promise<CallAnswer> {
  const connector = defineConnector('shop', {
    baseUrl: shop.origin,
    auth: bearer('token', 'Token'),
    headers: { 'x-shop-version': 'canary-version' },
    operations: {
      plain: operation({ method: 'GET', path: '/start', input, output }),
      read: operation({ ...follow, method: 'GET' }),
      replace: operation({ ...follow, method: 'PUT' }),
      create: operation({ ...follow, method: 'POST' }),
      once: operation({ ...follow, method: 'GET', redirects: 1 }),
      wrong: operation({ ...follow, method: 'GET', redirects: 6 }),
    },
  }) as unknown as Connector
  const connection = {
    tenant: 'default',
    connector,
    name: 'main',
    baseUrl: shop.origin,
    credentials: { token: new Secret('canary-token') },
    simulated: true,
  }
  client = createClient({
    connections: await createConnections({ connections: [connection] }),
    clock: systemClock,
    transportFor: () => createTransport({ clock: systemClock, allowedOrigins: allowed }),
  })
  const ask = { tenant: 'default', connector, connection: 'main', operation: name, input: {}, idempotencyKey: null }
  return client.call({ ...ask, mayHaveHappened: false, timeoutMs: 5000, signal: null })
}

/** Answers a path with a redirect, all others with what they are. */
function redirects(upstream: Upstream, table: Record<string, string>, status = 302): void {
  upstream.respond = ({ url, method }, response) => {
    const location = table[url]
    if (location === undefined) answer(response, 200, { url, method })
    else answer(response, status, '', { location })
  }
}

describe('EGR-05: redirects', () => {
  test('are not followed unless the operation says so', async () => {
    redirects(shop, { '/start': '/end' })
    expect(await call('plain')).toMatchObject({ outcome: 'failed', status: 302 })
    expect(shop.seen).toHaveLength(1)
  })

  test.each([301, 302, 303, 307, 308])(
    'with status %d are followed for a read, and authenticated within the origin',
    async (status) => {
      redirects(shop, { '/start': '/next?a=b', '/next?a=b': `${shop.origin}/end` }, status)
      expect(await call('read')).toMatchObject({ outcome: 'answered', output: { url: '/end', method: 'GET' } })
      expect(shop.seen.map(({ headers }) => headers['authorization'])).toEqual(Array(3).fill('Bearer canary-token'))
    },
  )

  test('to another origin lose all that authenticates, and every header of the connector', async () => {
    redirects(shop, { '/start': `${other.origin}/there` })
    redirects(other, {})
    expect(await call('read')).toMatchObject({ outcome: 'answered', output: { url: '/there' } })
    expect(JSON.stringify(other.seen)).not.toContain('canary')
    expect(other.seen[0]!.headers['accept']).toBe('application/json')
  })

  test('that come back get nothing either: who redirects would choose what the credentials do', async () => {
    redirects(shop, { '/start': `${other.origin}/there` })
    redirects(other, { '/there': `${shop.origin}/delete-all` })
    expect(await call('read')).toMatchObject({ outcome: 'answered', output: { url: '/delete-all' } })
    expect(shop.seen[1]!.headers['authorization']).toBeUndefined()
  })

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.1:1/',
    'http://[::1]/',
    'file:///etc/passwd',
    'http://user@example.com/',
  ])('to %s are judged like any address', async (location) => {
    redirects(shop, { '/start': location })
    expect(await call('read')).toMatchObject({ outcome: 'failed', error: { code: 'ADDRESS_REFUSED' } })
  })

  test('to a host inside that is not allowed itself do not get there', async () => {
    redirects(shop, { '/start': `${other.origin}/there` })
    expect(await call('read', [shop.origin])).toMatchObject({ error: { code: 'ADDRESS_REFUSED' } })
    expect(other.seen).toEqual([])
  })

  test('in a circle end, with the names of what was called', async () => {
    redirects(shop, { '/start': '/next', '/next': '/start' })
    const ended = await call('read')
    expect(ended).toMatchObject({ outcome: 'failed', connection: 'main', error: { code: 'ADDRESS_REFUSED' } })
    expect(ended.outcome === 'failed' && ended.error.message).toMatch(/^shop\.read: .* redirects in a circle/)
    expect(shop.seen).toHaveLength(2)
  })

  test('end after the number that the operation allows', async () => {
    redirects(shop, { '/start': '/next', '/next': '/end' })
    expect(await call('once')).toMatchObject({ outcome: 'failed', error: { code: 'ADDRESS_REFUSED' } })
    expect(await call('wrong')).toMatchObject({ outcome: 'failed', error: { code: 'APP_INVALID' } })
  })

  test('of what changes something are followed for 307 and 308, where it may be repeated, within the origin', async () => {
    redirects(shop, { '/start': '/end' }, 307)
    expect(await call('replace')).toMatchObject({ outcome: 'answered', output: { url: '/end', method: 'PUT' } })
    expect(await call('create')).toMatchObject({ outcome: 'failed', status: 307 })
    redirects(shop, { '/start': '/end' }, 302)
    expect(await call('replace')).toMatchObject({ outcome: 'failed', status: 302 })
    redirects(shop, { '/start': `${other.origin}/there` }, 307)
    expect(await call('replace')).toMatchObject({ outcome: 'failed', error: { code: 'ADDRESS_REFUSED' } })
    expect(other.seen).toEqual([])
  })
})
