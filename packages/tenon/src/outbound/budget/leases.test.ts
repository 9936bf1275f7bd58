import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sleep } from '../../base/clock.ts'
import { mortalClock, virtualClock, type VirtualClock } from '../../testing/virtual-clock.ts'
import { memoryAllotter, type Allotter } from './allotment.ts'
import { Leases } from './leases.ts'
import { jain, mostWithin } from './rate.fixture.ts'

interface Fault {
  readonly atMs: number
  readonly what: 'ask lost' | 'answer lost' | 'slow' | 'late'
}

/** A store that is reached over a network: asks and answers take their time, come late, or not at all. */
function reached(allotter: Allotter, clock: VirtualClock, faults: readonly Fault[] = []): Allotter {
  return {
    async ask(asks) {
      const fault = faults.findLast(({ atMs }) => atMs <= clock.now() && clock.now() < atMs + 300)?.what
      if (fault === 'ask lost') throw new Error('not reached')
      if (fault === 'late') {
        clock.after(700, () => void allotter.ask(asks).catch(() => undefined))
        throw new Error('given up, and done nevertheless')
      }
      await sleep(clock, fault === 'slow' ? 7000 : 3)
      const leases = await allotter.ask(asks)
      await sleep(clock, 2)
      if (fault === 'answer lost') throw new Error('no answer')
      return leases
    },
  }
}

interface Busy {
  readonly fromMs?: number
  readonly toMs?: number
  readonly diesMs?: number
  readonly cutOff?: { readonly from: number; readonly to: number }
}

const never = { from: Infinity, to: Infinity }
const limit = { requests: 100, perMs: 1000, burst: 5 }

function nodesOf(size: typeof limit, faults: readonly Fault[] = []) {
  const clock = virtualClock({ startMs: 0 })
  const shared = memoryAllotter(clock)
  const all: number[] = []
  let asks = 0
  return {
    clock,
    all,
    asked: () => asks,
    /** Where somebody waits all the time from `fromMs` to `toMs`; it dies at `diesMs`, and cannot reach the store while it is cut off. */
    busy(node: string, { fromMs = 0, toMs = Infinity, diesMs = Infinity, cutOff = never }: Busy = {}): number[] {
      const life = mortalClock(clock)
      const counted: Allotter = {
        async ask(list) {
          asks += 1
          if (clock.now() >= cutOff.from && clock.now() < cutOff.to) throw new Error('not reached')
          return shared.ask(list)
        },
      }
      const leases = new Leases({ clock: life, node, allotter: reached(counted, clock, faults) })
      const bucket = leases.bucketFor('shop', size)
      const taken: number[] = []
      const go = (): void => {
        let wait = 0
        while (clock.now() < toMs && (wait = bucket.wait(1, clock.now())) === 0) {
          bucket.take(1, clock.now())
          bucket.arrived(null, 1, clock.now())
          taken.push(clock.now())
          all.push(clock.now())
        }
        if (clock.now() < toMs) life.after(wait, go)
      }
      life.after(fromMs, go)
      clock.after(Math.min(diesMs, 1e9), () => life.kill())
      return taken
    },
  }
}

const since = (taken: readonly number[], from: number): number => taken.filter((at) => at >= from).length

describe('OUT-04: a limit that several nodes share', () => {
  test('in no stretch do all nodes together exceed it, whoever comes, goes, dies, or cannot reach the store', async () => {
    const node = fc.record({
      from: fc.integer({ min: 0, max: 9000 }),
      for: fc.integer({ min: 100, max: 12_000 }),
      dies: fc.option(fc.integer({ min: 500, max: 12_000 }), { nil: Infinity }),
      cutOff: fc.record({ from: fc.integer({ min: 0, max: 9000 }), to: fc.integer({ min: 0, max: 18_000 }) }),
    })
    const fault = fc.record({
      atMs: fc.integer({ min: 0, max: 15_000 }),
      what: fc.constantFrom('ask lost', 'answer lost', 'slow', 'late'),
    })
    const size = fc.record({
      requests: fc.integer({ min: 1, max: 60 }),
      perMs: fc.constantFrom(200, 1000, 5000),
      burst: fc.integer({ min: 1, max: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(
        size,
        fc.array(node, { minLength: 1, maxLength: 4 }),
        fc.array(fault, { maxLength: 6 }),
        async (sized, nodes, faults) => {
          const world = nodesOf(
            { ...sized, burst: Math.min(sized.burst, sized.requests) },
            faults.toSorted((a, b) => a.atMs - b.atMs),
          )
          for (const [index, { from, for: ms, dies, cutOff }] of nodes.entries())
            world.busy(`n${index}`, { fromMs: from, toMs: from + ms, diesMs: dies, cutOff })
          await world.clock.advance(20_000)
          expect(mostWithin(world.all, sized.perMs)).toBeLessThanOrEqual(sized.requests)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('a lone busy node has nearly all of it, and asks for it ahead, twice a second', async () => {
    const world = nodesOf(limit)
    const taken = world.busy('a')
    await world.clock.advance(5000)
    const asked = world.asked()
    await world.clock.advance(20_000)
    expect(since(taken, 5000)).toBeGreaterThanOrEqual(0.98 * 20 * 100)
    expect(world.asked() - asked).toBeLessThanOrEqual(42)
  })

  test('busy nodes have the same, and all of it together; one that becomes idle leaves its share to the others', async () => {
    const world = nodesOf(limit)
    const taken = ['a', 'b', 'c'].map((name, index) =>
      world.busy(name, { fromMs: index * 2000, toMs: index === 2 ? 30_000 : Infinity }),
    )
    await world.clock.advance(30_000)
    const shares = taken.map((one) => since(one, 10_000))
    expect(jain(shares)).toBeGreaterThan(0.98)
    expect(shares.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(0.95 * 20 * 100)
    await world.clock.advance(20_000)
    expect(since(world.all, 40_000)).toBeGreaterThanOrEqual(0.95 * 10 * 100)
  })

  test('a node that dies takes its share along until its lease is over and what it may have sent is out of the stretch, and no longer', async () => {
    const world = nodesOf(limit)
    world.busy('a', { diesMs: 10_000 })
    const other = world.busy('b')
    await world.clock.advance(17_000)
    await world.clock.advance(5000)
    expect(since(other, 17_000)).toBeGreaterThanOrEqual(0.95 * 5 * 100)
  })

  test('a node that cannot reach the store uses its share until its lease is over; then the others have it, and later both again', async () => {
    const world = nodesOf(limit)
    const cut = world.busy('a', { cutOff: { from: 5000, to: 20_000 } })
    const other = world.busy('b', { fromMs: 5600 })
    await world.clock.advance(30_000)
    expect(mostWithin(world.all, 1000)).toBe(100)
    expect(since(cut, 8000) - since(cut, 9000)).toBe(100)
    expect(since(cut, 11_000) - since(cut, 20_000)).toBe(0)
    expect(since(other, 13_000) - since(other, 20_000)).toBeGreaterThanOrEqual(0.95 * 700)
    expect(since(cut, 25_000)).toBeGreaterThanOrEqual(0.45 * 500)
  })

  test('an ask that comes late does not take back what was lent since', async () => {
    const allotter = memoryAllotter({ now: () => 0 })
    const ask = (node: string, seq: number, wanted: number) =>
      allotter.ask([{ key: 'shop', requests: 100, perMs: 1000, node, seq, held: 0, wanted }])
    expect(await ask('a', 2, 90)).toMatchObject([{ share: 90 }])
    await ask('a', 1, 10)
    expect(await ask('b', 1, 100)).toMatchObject([{ share: 10, target: 50 }])
  })

  test('where there are fewer requests than nodes, each has its turn', async () => {
    const world = nodesOf({ requests: 1, perMs: 1000, burst: 1 })
    const taken = ['a', 'b', 'c'].map((name) => world.busy(name))
    await world.clock.advance(120_000)
    expect(taken.every((one) => one.length >= 20)).toBe(true)
    expect(world.all.length).toBeGreaterThanOrEqual(80)
  })

  test('a day of which one node used nearly all lends the rest to another', async () => {
    const dayMs = 86_400_000
    const world = nodesOf({ requests: 1000, perMs: dayMs, burst: 1000 })
    world.busy('a', { toMs: 40 })
    await world.clock.advance(60_000)
    const used = world.all.length
    const other = world.busy('b')
    await world.clock.advance(60_000)
    expect(used + other.length).toBeLessThanOrEqual(1000)
    expect(used + other.length).toBeGreaterThanOrEqual(990)
  })

  test('nobody asks for what nobody uses', async () => {
    const world = nodesOf(limit)
    world.busy('a', { toMs: 1000 })
    await world.clock.advance(10_000)
    const asked = world.asked()
    await world.clock.advance(600_000)
    expect(world.asked()).toBe(asked)
  })
})
