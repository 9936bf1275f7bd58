import { expect, test } from 'vitest'
import { z } from 'zod'
import { Secret } from '../base/secret.ts'
import { loadScheme } from '../connection/schemes.ts'
import type { TokenShelf } from '../connection/token-shelf.ts'
import { tokenLogin } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { createClient } from './client.ts'
import { startUpstream } from './upstream.suite.ts'

/** Its timers go off by hand, and sockets take the time that they need. */
function handClock() {
  let now = 1_000_000
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  return {
    now: () => now,
    after(delayMs: number, callback: () => void) {
      const timer = { at: now + delayMs, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    whenQuiet: (callback: () => void) => void setImmediate(callback),
    async advance(ms: number) {
      now += ms
      for (const timer of timers) if (timer.at <= now && timers.delete(timer)) timer.callback()
      await new Promise(setImmediate)
    },
  }
}

/** A client of which one call waits for a login that nobody answers. */
async function stuck(shelf?: TokenShelf) {
  const upstream = await startUpstream()
  const asked = new Promise<void>((resolve) => (upstream.respond = () => resolve()))
  const connector = defineConnector('acme', {
    baseUrl: upstream.origin,
    auth: tokenLogin(
      { password: { label: 'Password' } },
      {
        login: ({ password }) => ({ path: '/login', body: { password } }),
        token: (body) => (body as { token?: string } | undefined)?.token,
        life: '10d',
      },
    ),
    operations: { show: { method: 'GET', path: '/', input: z.looseObject({}), output: z.unknown() } } as never,
  }) as unknown as Connector
  const scheme = await loadScheme(connector.options.auth.scheme, 'acme')
  const credentials = { password: new Secret('canary') }
  const connection = { tenant: 't', connector, name: 'main', baseUrl: upstream.origin, credentials, simulated: true }
  const clock = handClock()
  const client = createClient({
    connections: {
      all: [connection],
      resolve: () => connection,
      schemeOf: () => scheme,
      ...(shelf !== undefined && { shelfOf: () => shelf }),
    },
    clock,
  })
  const call = client.call({
    tenant: 't',
    connector,
    connection: 'main',
    operation: 'show',
    input: {},
    idempotencyKey: null,
    mayHaveHappened: false,
    timeoutMs: null,
    signal: null,
  })
  return { upstream, clock, client, call, asked }
}

test('closing waits for no login whose token nobody keeps', async () => {
  const { upstream, client, call, asked } = await stuck()
  await asked
  await client.close()
  expect(await call).toMatchObject({ outcome: 'failed' })
  upstream.close()
})

test('AUT-02: closing waits ten seconds for tokens that are kept, and then no longer', async () => {
  let tellAsked: () => void = () => undefined
  const asked = new Promise<void>((resolve) => (tellAsked = resolve))
  const shelf: TokenShelf = {
    renew() {
      tellAsked()
      return new Promise(() => undefined)
    },
  }
  const { upstream, clock, client } = await stuck(shelf)
  await asked
  let isClosed = false
  const closing = client.close().then(() => (isClosed = true))
  await clock.advance(9_999)
  expect(isClosed).toBe(false)
  await clock.advance(1)
  await closing
  upstream.close()
})
