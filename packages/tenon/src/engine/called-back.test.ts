import { expect, test } from 'vitest'
import type { CallRequest } from '../client/client.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual } from '../definition/trigger.ts'
import { failed, never, warehouse, world, type World } from './engine.fixture.ts'
import { cluster, gauge, idsOf, leaseMs } from './nodes.fixture.ts'

const hour = 3_600_000

/** Runs of a flow that takes one at a time: each asks for its turn, and is told to come in an hour or when it is called back. */
function flowOf(name: string, type: 'ordered' | 'delivered', concurrency?: number) {
  return defineFlow(name, {
    trigger: warehouse.on(type),
    uses: { warehouse },
    ...(concurrency !== undefined && { concurrency }),
    retry: { attempts: 1 },
    run: ({ event, warehouse }) => warehouse.reserve({ n: event.data.n }),
  })
}

/** Lets nobody go until they were called back; then each call takes a second. */
function upstreamOf(at: World) {
  const resting = new Map<number, CallRequest['resting']>()
  const calling = new Set<number>()
  const went: number[] = []
  const seen = { most: 0, mayGo: false }
  at.upstream.turn('reserve', ({ input, resting: one }) => {
    const { n } = input as { n: number }
    if (seen.mayGo || one === undefined || resting.has(n)) return null
    resting.set(n, one)
    return hour
  })
  at.upstream.on('reserve', async ({ input }) => {
    const { n } = input as { n: number }
    calling.add(n)
    went.push(n)
    seen.most = Math.max(seen.most, calling.size)
    if (n < 0) return never()
    await new Promise<void>((resolve) => at.clock.after(1000, resolve))
    calling.delete(n)
    return n % 3 === 0 ? failed('answered', { retryable: false, code: 'UPSTREAM_REFUSED' }) : {}
  })
  return { seen, went, callBack: (...numbers: number[]) => numbers.forEach((n) => resting.get(n)?.comeBack()) }
}

test('DUR-12, OUT-08: runs that are called back go one after the other where their flow takes one at a time, in the order of the calls', async () => {
  const at = await world([flowOf('order', 'ordered', 1)])
  const { seen, went, callBack } = upstreamOf(at)
  for (let n = 1; n <= 6; n += 1) await at.send('ordered', { n })
  await at.clock.advance(60_000)
  expect(await at.engine.counts('default')).toMatchObject({ waiting: 6 })
  expect(at.engine.activity()).toMatchObject({ inProgress: 0, readied: 0 })
  callBack(3, 1, 2, 5, 4, 6)
  // Twice is as once.
  await at.clock.advance(500)
  callBack(5, 4)
  await at.clock.advance(10_000)
  expect(went).toStrictEqual([3, 1, 2, 5, 4, 6])
  expect(seen.most).toBe(1)
  expect(await at.engine.counts('default')).toMatchObject({ completed: 4, failed: 2 })
  expect(at.engine.activity()).toMatchObject({ inProgress: 0, readied: 0 })
})

test('DUR-12: one that is called back and set aside goes on after a crash, at the latest at its own time', async () => {
  const at = await world([flowOf('order', 'ordered', 1)])
  const { seen, callBack } = upstreamOf(at)
  for (const n of [1, 2, 4]) await at.send('ordered', { n })
  await at.clock.advance(60_000)
  callBack(1, 2, 4)
  await at.clock.advance(500)
  await at.crash()
  await at.clock.advance(hour + 10_000)
  expect(await at.engine.counts('default')).toMatchObject({ completed: 3 })
  // The call that the killed process made is still under way when it is made again.
  expect(seen.most).toBeLessThanOrEqual(2)
})

test('DUR-11: those that are set aside take no place in memory from other flows', async () => {
  const at = await world([flowOf('order', 'ordered', 1), flowOf('other', 'delivered')], { runsInProgress: 2 })
  const { seen, went, callBack } = upstreamOf(at)
  for (const n of [1, 2, 4]) await at.send('ordered', { n })
  await at.clock.advance(60_000)
  seen.mayGo = true
  // It never ends.
  await at.send('ordered', { n: -1 })
  callBack(1, 2, 4)
  await at.send('delivered', { n: 7 })
  await at.clock.advance(5000)
  expect(went).toStrictEqual([-1, 7])
  expect(await at.engine.counts('default')).toMatchObject({ completed: 1 })
})

test('DUR-12: one that was set aside when its flow was paused goes on when that is resumed, and need not be called back again', async () => {
  const at = await world([flowOf('order', 'ordered', 1)])
  const { went, callBack } = upstreamOf(at)
  for (const n of [1, 2, 4]) await at.send('ordered', { n })
  await at.clock.advance(60_000)
  callBack(1, 2, 4)
  await at.clock.advance(500)
  const pausing = at.engine.pause({ tenant: 'default', flow: 'order' })
  await at.clock.advance(60_000)
  await pausing
  expect(went).toStrictEqual([1])
  const resuming = at.engine.resume({ tenant: 'default', flow: 'order' })
  await at.clock.advance(5000)
  await resuming
  expect(went).toStrictEqual([1, 2, 4])
  expect(await at.engine.counts('default')).toMatchObject({ completed: 3 })
})

test('SEC-09, DUR-12: a place that a paused tenant does not take goes to the next one, of another tenant', async () => {
  const at = await world([flowOf('order', 'ordered', 1)])
  const { seen, went } = upstreamOf(at)
  seen.mayGo = true
  await at.send('ordered', { n: 1 })
  await at.send('ordered', { n: 2 })
  await at.send('ordered', { n: 4 }, 'event-of-two', 'two')
  const pausing = at.engine.pause({ tenant: 'default', flow: 'order' })
  await at.clock.advance(5000)
  await pausing
  expect(went).toStrictEqual([1, 4])
  const resuming = at.engine.resume({ tenant: 'default', flow: 'order' })
  await at.clock.advance(5000)
  await resuming
  expect(went).toStrictEqual([1, 4, 2])
})

test.each([1, 2])(
  'DUR-12, CLU-03: over nodes, no more than %i of those that are called back go at once, and each goes',
  async (limit) => {
    const flow = defineFlow('order', {
      trigger: manual<unknown, unknown>(null as never),
      uses: { warehouse },
      concurrency: limit,
      run: ({ warehouse }) => warehouse.reserve({}),
    })
    const at = cluster([flow])
    const nodes = [await at.join(), await at.join(), await at.join()] as const
    await at.clock.advance(leaseMs * 2)
    const { seen, watch } = gauge(at, 200)
    const resting: CallRequest['resting'][] = []
    for (const node of nodes) {
      watch(node)
      const asked = new Set<string | undefined>()
      node.upstream.turn('reserve', ({ resting: one }) => {
        if (asked.has(one?.id)) return null
        asked.add(one?.id)
        resting.push(one)
        return hour
      })
      for (const id of idsOf(node, 'order', 10))
        await at.during(node.engine.start({ tenant: 'default', flow: 'order', input: {}, id }), 0)
    }
    // Permits go from node to node while runs only ask and rest again.
    await at.clock.advance(60_000)
    expect(resting).toHaveLength(30)
    expect(await nodes[0].engine.counts('default')).toMatchObject({ waiting: 30 })
    for (const one of resting) one?.comeBack()
    await at.clock.advance(60_000)
    expect(seen.most).toBe(limit)
    expect(await nodes[0].engine.counts('default')).toMatchObject({ completed: 30 })
  },
)
