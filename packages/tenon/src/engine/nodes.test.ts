import { expect, test } from 'vitest'
import type { CallAnswer, CallRequest } from '../client/client.ts'
import { defineFlow } from '../definition/flow.ts'
import { manual, signal } from '../definition/trigger.ts'
import { never, Upstream, warehouse } from './engine.fixture.ts'
import { cluster, gauge, idsOf, leaseMs } from './nodes.fixture.ts'

const byHand = manual<unknown, unknown>(null as never)
const tenant = 'default'

test('CLU-02: a run whose lease was lost is aborted with all it has in flight, and goes on elsewhere under the same key', async () => {
  const signals: AbortSignal[] = []
  const flow = defineFlow('order', {
    trigger: byHand,
    uses: { warehouse },
    async run({ step, warehouse }) {
      await Promise.all([
        warehouse.reserve({}),
        step.run('own', ({ signal: given }) => {
          signals.push(given)
          return given.aborted || signals.length > 1 ? 'done' : never()
        }),
      ])
    },
  })
  const at = cluster([flow])
  const one = await at.join()
  one.upstream.on('reserve', () => never())
  const two = await at.join()
  const [id = ''] = idsOf(one, 'order', 1)
  await at.during(two.engine.start({ tenant, flow: 'order', input: {}, id }))
  expect(one.upstream.count('reserve')).toBe(1)
  one.halt()
  await at.clock.advance(leaseMs * 2)
  expect(two.upstream.count('reserve')).toBe(1)
  expect((await two.journal.find(tenant, id))?.status).toBe('completed')
  expect(one.upstream.requests[0]?.signal?.aborted).toBe(false)
  one.goOn()
  await at.clock.advance(1000)
  expect(one.upstream.requests[0]?.signal?.aborted).toBe(true)
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  expect(one.upstream.count('reserve')).toBe(1)
  expect(one.upstream.requests[0]?.idempotencyKey).toBe(two.upstream.requests[0]?.idempotencyKey)
})

test('CLU-02: what waited for its turn when the node was stopped past its lease is broken off at the socket, before any timer says that the lease is over', async () => {
  const flow = defineFlow('order', {
    trigger: byHand,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = cluster([flow])
  const itsTurn = Promise.withResolvers<void>()
  class Waiting extends Upstream {
    override async call(request: CallRequest): Promise<CallAnswer> {
      await itsTurn.promise
      return super.call(request)
    }
  }
  const one = await at.join([flow], {}, new Waiting())
  const areBrokenOff: unknown[] = []
  one.upstream.on('reserve', ({ signal: given }) => {
    areBrokenOff.push(given?.aborted)
    return { done: 'late' }
  })
  const two = await at.join()
  const [id = ''] = idsOf(one, 'order', 1)
  await at.during(two.engine.start({ tenant, flow: 'order', input: {}, id }))
  one.halt()
  await at.clock.advance(leaseMs * 2)
  expect((await two.journal.find(tenant, id))?.status).toBe('completed')
  itsTurn.resolve()
  one.goOn()
  await at.clock.advance(1000)
  expect(areBrokenOff).toEqual([true])
})

test('CLU-03: a signal reaches a run wherever it lives, at once, and within a second where the word is lost', async () => {
  const flow = defineFlow('order', {
    trigger: byHand,
    waits: { go: signal<unknown>(null as never) },
    run: ({ step }) => step.waitFor('go'),
  })
  for (const [wordDelayMs, limitMs] of [
    [0, 100],
    [null, 1200],
  ] as const) {
    const at = cluster([flow])
    const one = await at.join([flow], { wordDelayMs: () => wordDelayMs })
    const two = await at.join()
    await at.clock.advance(leaseMs)
    const [id = ''] = idsOf(one, 'order', 1)
    await at.during(one.engine.start({ tenant, flow: 'order', input: {}, id }), 2000)
    await at.during(two.engine.signal({ tenant, run: id, name: 'go', data: 1 }), limitMs)
    expect((await one.journal.find(tenant, id))?.status).toBe('completed')
    expect(two.engine.activity().inProgress).toBe(0)
  }
})

test('CLU-03: a run without a key begins where it was started, so that nobody has to be told; a busy node leaves some to others', async () => {
  const child = defineFlow('child', {
    trigger: byHand,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const parent = defineFlow('parent', {
    trigger: byHand,
    async run({ step }) {
      await step.start(child, {})
    },
  })
  const at = cluster([child, parent])
  const one = await at.join([child, parent], { wordDelayMs: () => null })
  const two = await at.join([child, parent], { wordDelayMs: () => null })
  await at.clock.advance(leaseMs)
  for (let number = 0; number < 20; number += 1)
    await at.during(one.engine.start({ tenant, flow: number < 10 ? 'child' : 'parent', input: {} }), 1)
  expect([one.upstream.count('reserve'), two.upstream.count('reserve')]).toEqual([20, 0])
  one.upstream.on('reserve', () => never())
  for (let number = 0; number < 700; number += 1)
    await at.during(one.engine.start({ tenant, flow: 'child', input: {} }), 0)
  await at.clock.advance(1500)
  expect(two.upstream.count('reserve')).toBeGreaterThan(20)
})

test('CLU-02: a node that joins gets its share, and no call that is under way is broken off for it', async () => {
  const flow = defineFlow('order', {
    trigger: byHand,
    uses: { warehouse },
    async run({ warehouse }) {
      await warehouse.notify({})
      await warehouse.reserve({})
    },
  })
  const at = cluster([flow])
  const one = await at.join()
  one.upstream.on('notify', () => new Promise((resolve) => at.clock.after(3000, () => resolve({}))))
  const ids = idsOf(one, 'order', 40)
  for (const id of ids) await at.during(one.engine.start({ tenant, flow: 'order', input: {}, id }), 0)
  await at.clock.advance(10)
  expect(one.upstream.count('notify')).toBe(ids.length)
  const two = await at.join()
  await at.clock.advance(leaseMs)
  const rows = await Promise.all(ids.map((id) => one.journal.find(tenant, id)))
  expect(rows.map((row) => row?.status)).toEqual(ids.map(() => 'completed'))
  expect(two.upstream.count('notify')).toBe(0)
  expect(one.upstream.requests.every((request) => request.signal?.aborted !== true)).toBe(true)
  expect(two.upstream.count('reserve')).toBeGreaterThan(5)
  expect(one.upstream.count('reserve') + two.upstream.count('reserve')).toBe(ids.length)
})

test('DUR-17, CLU-03: a node that drains hands its runs over at once', async () => {
  const flow = defineFlow('order', {
    trigger: byHand,
    uses: { warehouse },
    async run({ step, warehouse }) {
      await step.sleep('5s')
      await warehouse.reserve({})
    },
  })
  const at = cluster([flow])
  const one = await at.join()
  const two = await at.join()
  await at.clock.advance(leaseMs)
  const ids = idsOf(two, 'order', 5)
  for (const id of ids) await at.during(one.engine.start({ tenant, flow: 'order', input: {}, id }))
  const draining = two.engine.drain(1000).then(() => two.journal.close())
  await at.during(draining, 200)
  await at.clock.advance(5000)
  expect(one.upstream.count('reserve')).toBe(5)
  // Nobody ended badly.
  expect((await one.journal.find(tenant, ids[0]!))?.recoveries).toBe(0)
})

test('a pause that one node was told of is kept by the others within a second, and so is its end', async () => {
  const flow = defineFlow('order', {
    trigger: byHand,
    uses: { warehouse },
    run: ({ warehouse }) => warehouse.reserve({}),
  })
  const at = cluster([flow])
  const one = await at.join()
  const two = await at.join()
  await at.clock.advance(leaseMs)
  await at.during(one.engine.pause({ tenant, flow: 'order' }), 1100)
  const ids = idsOf(two, 'order', 3)
  for (const id of ids) await at.during(two.engine.start({ tenant, flow: 'order', input: {}, id }))
  await at.clock.advance(60_000)
  expect(two.upstream.count('reserve')).toBe(0)
  await at.during(one.engine.resume({ tenant, flow: 'order' }), 1200)
  expect(two.upstream.count('reserve')).toBe(3)
})

test('DUR-12: a limit holds over all nodes, each gets its turn, and the permits of a killed one come back with its lease', async () => {
  for (const limit of [1, 2, 5]) {
    const flow = defineFlow('order', {
      trigger: byHand,
      uses: { warehouse },
      concurrency: limit,
      run: ({ warehouse }) => warehouse.reserve({}),
    })
    const at = cluster([flow])
    const nodes = [await at.join(), await at.join(), await at.join()] as const
    await at.clock.advance(leaseMs * 2)
    const { seen, watch } = gauge(at, 200)
    for (const node of nodes) watch(node)
    for (const node of nodes)
      for (const id of idsOf(node, 'order', 20))
        await at.during(node.engine.start({ tenant, flow: 'order', input: {}, id }), 0)
    await at.clock.advance(12_000)
    expect(seen.most).toBe(limit)
    for (const { upstream } of nodes) expect(upstream.count('reserve')).toBeGreaterThan(1)
    nodes[0].kill()
    await at.clock.advance(90_000)
    expect(seen.most).toBe(limit)
    expect(await nodes[1].engine.counts(tenant)).toMatchObject({ completed: 60 })
  }
})

test('CLU-04: a run of a newer version waits for a node that has it, and is not parked by one that has not', async () => {
  const orders = (version: number) =>
    defineFlow('order', {
      trigger: byHand,
      version,
      uses: { warehouse },
      run: ({ warehouse }) => warehouse.reserve({}),
    })
  const at = cluster([orders(1)])
  const old = await at.join()
  const fresh = await at.join([orders(1), orders(2)])
  await at.clock.advance(leaseMs)
  const [id = ''] = idsOf(old, 'order', 1)
  await at.during(fresh.engine.start({ tenant, flow: 'order', input: {}, id }), 5000)
  expect(await old.journal.find(tenant, id)).toMatchObject({ status: 'ready', version: 2 })
  await at.during(
    old.engine.drain(0).then(() => old.journal.close()),
    100,
  )
  await at.clock.advance(1000)
  expect((await fresh.journal.find(tenant, id))?.status).toBe('completed')
})
