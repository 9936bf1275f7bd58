import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import type { PolicyOptions } from '../definition/policy.ts'
import { postponed } from '../outbound/outbound.ts'
import { loadPolicies } from '../outbound/pipeline.ts'
import type { PolicyDefinition } from '../outbound/policy.ts'
import { answer, connect, startUpstream, type Bench, type Upstream } from './upstream.suite.ts'

let upstream: Upstream
let bench: Bench

beforeEach(async () => {
  upstream = await startUpstream()
})

afterEach(async () => {
  await bench.client.close()
  upstream.close()
})

const change = { method: 'POST', path: '/x', input: z.any(), output: z.any() } as const

function shop(policies: PolicyOptions): Connector {
  return defineConnector('shop', {
    baseUrl: 'https://shop.example',
    auth: noAuth(),
    idempotency: { header: 'idempotency-key', life: '24h' },
    policies: { retry: { attempts: 3, base: '1ms', cap: '2ms' }, ...policies },
    operations: {
      read: { method: 'GET', path: '/x', input: z.any(), output: z.any() },
      keyed: change,
      unsafe: { ...change, idempotency: false },
      ship: {
        ...change,
        idempotency: false,
        lookup: { operation: 'read', input: () => ({}), found: () => null },
      },
    },
  })
}

async function open(policies: PolicyOptions = {}): Promise<void> {
  bench = await connect(shop(policies), upstream, { policies: await loadPolicies() })
}

describe('a call outside flows', () => {
  test('OUT-06: is tried as often as its connector says, and no layer below adds to it', async () => {
    await open()
    upstream.respond = (_seen, response) => answer(response, 500)
    expect(await bench.call('read')).toMatchObject({ outcome: 'failed', status: 500 })
    expect(upstream.seen).toHaveLength(3)
  })

  test('OUT-06: in a flow each try is one request: the engine alone tries again', async () => {
    await open()
    upstream.respond = (_seen, response) => answer(response, 500)
    for (const attempt of [1, 2, 3]) await bench.call('read', {}, { flow: 'order-paid', attempt })
    expect(upstream.seen).toHaveLength(3)
  })

  test.each(['unsafe', 'ship', 'keyed'])(
    'OUT-01: a %s is not repeated when its answer is lost and no key goes with it',
    async (operation) => {
      await open()
      upstream.respond = (_seen, _response, socket) => socket.destroy()
      expect(await bench.call(operation)).toMatchObject({ outcome: 'failed', fate: 'ambiguous' })
      expect(upstream.seen).toHaveLength(1)
    },
  )

  test('OUT-01, OUT-10: with a key it is repeated, under the same key', async () => {
    await open()
    upstream.respond = (_seen, response, socket) =>
      upstream.seen.length < 3 ? socket.destroy() : answer(response, 200, { done: true })
    expect(await bench.call('keyed', {}, { idempotencyKey: 'k1' })).toMatchObject({ outcome: 'answered' })
    expect(upstream.seen.map(({ headers }) => headers['idempotency-key'])).toStrictEqual(['k1', 'k1', 'k1'])
  })

  test('OUT-03: a wait that the provider asks for is not cut: where it outlasts the deadline there is no further try', async () => {
    await open()
    upstream.respond = (_seen, response) => answer(response, 503, {}, { 'retry-after': '20' })
    expect(await bench.call('read', {}, { timeoutMs: 19_000 })).toMatchObject({ outcome: 'failed', status: 503 })
    expect(upstream.seen).toHaveLength(1)
  })

  test.each(['soon', '-5', '1e3', '99999999999999999999'])(
    'OUT-03: Retry-After %s, which is no time that can be waited for, breaks nothing',
    async (field) => {
      await open()
      upstream.respond = (_seen, response) =>
        upstream.seen.length === 1 ? answer(response, 503, {}, { 'retry-after': field }) : answer(response, 200, {})
      const said = await bench.call('read')
      expect(said.outcome).toBe(field.startsWith('9') ? 'failed' : 'answered')
    },
  )

  test('OUT-07: one deadline is over all tries', async () => {
    await open({ retry: { attempts: 1_000, base: '20ms', cap: '20ms' }, breaker: false })
    upstream.respond = (_seen, response) => answer(response, 500)
    expect(await bench.call('read', {}, { timeoutMs: 200 })).toMatchObject({ outcome: 'failed' })
    expect(upstream.seen.length).toBeLessThan(20)
  })

  test('OUT-07: given up, it ends at once, between two tries also, and listens no more', async () => {
    await open({ retry: { attempts: 3, base: '20s', cap: '20s' } })
    const given = new AbortController()
    upstream.respond = (_seen, response) => {
      answer(response, 500)
      setImmediate(() => given.abort())
    }
    expect(await bench.call('read', {}, { signal: given.signal })).toMatchObject({ outcome: 'failed' })
    expect(upstream.seen).toHaveLength(1)
    expect(getEventListeners(given.signal, 'abort')).toHaveLength(0)
  })

  test('OUT-05, OUT-08: an upstream that fails is left alone, and who asks is told for how long', async () => {
    await open()
    upstream.respond = (_seen, response) => answer(response, 500)
    for (let index = 0; index < 50; index += 1) await bench.call('read')
    expect(upstream.seen.length).toBeLessThanOrEqual(21)
    const { error } = (await bench.call('read')) as { error: { code: string; retryAfterMs: number } }
    expect(error.code).toBe('CIRCUIT_OPEN')
    expect(error.retryAfterMs).toBeGreaterThan(0)
  })
})

describe('what is asked before a call leaves', () => {
  /** Policies that let through, or postpone, and hear how long what they let through took. */
  async function watched(isPostponing = false) {
    const order: string[] = []
    const took: number[] = []
    let passedMs = 0
    const policy: PolicyDefinition = {
      stage: 'concurrency',
      open: () => ({
        admit() {
          order.push('let through')
          if (isPostponing) throw postponed('RATE_LIMITED', 'not now', 1000)
        },
        settled: (_call, { tookMs }) => void took.push(tookMs),
      }),
    }
    const clock = { ...systemClock, now: () => systemClock.now() + passedMs }
    bench = await connect(shop({}), upstream, { policies: [policy], clock })
    upstream.respond = (_seen, response) => {
      order.push('sent')
      answer(response, 200, {})
    }
    const beforeLeaving = async (): Promise<void> => {
      order.push('asked')
      await Promise.resolve()
      passedMs += 10_000
      order.push('may leave')
    }
    return { order, took, call: () => bench.call('unsafe', {}, { beforeLeaving, flow: 'f' }) }
  }

  test('DUR-02: it is asked last, nothing is sent before it says so, and its time is none of the upstream', async () => {
    const { order, took, call } = await watched()
    expect(await call()).toMatchObject({ outcome: 'answered' })
    expect(order).toStrictEqual(['let through', 'asked', 'may leave', 'sent'])
    expect(took.map((ms) => ms < 10_000)).toStrictEqual([true])
  })

  test('DUR-02: what a policy turns away asks nothing', async () => {
    const { order, call } = await watched(true)
    expect(await call()).toMatchObject({ outcome: 'failed', fate: 'not-sent' })
    expect(order).toStrictEqual(['let through'])
  })
})
