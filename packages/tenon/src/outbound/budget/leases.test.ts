import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sleep } from '../../base/clock.ts'
import { haltingClock, mortalClock, virtualClock, type VirtualClock } from '../../testing/virtual-clock.ts'
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
  readonly cutOff?: Stretch
  /** As by SIGSTOP. */
  readonly stands?: Stretch
  /** Calls in a second; more than there is room for, unless it is said. */
  readonly perS?: number
}

interface Stretch {
  readonly from: number
  readonly to: number
}

const never: Stretch = { from: Infinity, to: Infinity }
const within = ({ from, to }: Stretch, at: number): boolean => from <= at && at < to
const limit = { requests: 100, perMs: 1000, burst: 5 }

/** How long a word is on its way; `null` for one that is lost. */
type WordDelay = (at: number) => number | null

interface WorldOptions {
  readonly faults?: readonly Fault[]
  readonly wordDelay?: WordDelay
}

function nodesOf(size: typeof limit, { faults = [], wordDelay = () => 2 }: WorldOptions = {}) {
  const clock = virtualClock({ startMs: 0 })
  const shared = memoryAllotter(clock)
  const all: number[] = []
  let asks = 0
  const hearers = new Map<string, (word: string, from: string) => void>()
  const running = new Map<string, Leases>()
  return {
    clock,
    all,
    asked: () => asks,
    /** In good order. */
    async end(node: string): Promise<void> {
      const ending = running.get(node)?.stop()
      await clock.advance(100)
      await ending
    },
    /** Where somebody waits all the time from `fromMs` to `toMs`; it dies at `diesMs`, and cannot reach the store or the others while it is cut off. */
    busy(node: string, options: Busy = {}): number[] {
      const { fromMs = 0, toMs = Infinity, diesMs = Infinity, cutOff = never, stands = never, perS } = options
      const mortal = mortalClock(clock)
      const life = haltingClock(mortal)
      const counted: Allotter = {
        async ask(list) {
          asks += 1
          if (within(cutOff, clock.now())) throw new Error('not reached')
          return shared.ask(list)
        },
      }
      const words = {
        async say(said: readonly string[]) {
          if (within(cutOff, clock.now())) throw new Error('not reached')
          for (const [name, hear] of hearers) {
            const delay = name === node ? null : wordDelay(clock.now())
            if (delay !== null) clock.after(delay, () => said.forEach((word) => hear(word, node)))
          }
        },
        hear(listener: (word: string, from: string) => void) {
          hearers.set(node, (word, from) => life.after(0, () => within(cutOff, clock.now()) || listener(word, from)))
          return () => hearers.delete(node)
        },
      }
      const monotonic = (): number => clock.now()
      const leases = new Leases({ clock: life, monotonic, node, allotter: reached(counted, clock, faults), words })
      running.set(node, leases)
      const taken: number[] = []
      const bucket = leases.bucketFor('shop', size, () => go())
      let asked = fromMs
      let cancel = (): void => undefined
      const go = (): void => {
        cancel()
        const now = clock.now()
        if (now < fromMs || now >= toMs || within(stands, now)) return
        let wait = 0
        while (asked <= now && (wait = bucket.wait(1, now)) === 0) {
          bucket.take(1, now)
          bucket.arrived(null, 1, now)
          if (perS !== undefined) asked += 1000 / perS
          taken.push(now)
          all.push(now)
        }
        cancel = life.after(Math.ceil(Math.max(1, wait, asked - now)), go)
      }
      life.after(fromMs, go)
      clock.after(Math.min(diesMs, 1e9), () => mortal.kill())
      clock.after(Math.min(stands.from, 1e9), () => life.halt())
      clock.after(Math.min(stands.to, 1e9), () => life.goOn())
      return taken
    },
  }
}

const since = (taken: readonly number[], from: number): number => taken.filter((at) => at >= from).length

describe('OUT-04: a limit that several nodes share', () => {
  test('in no stretch do all nodes together exceed it, whoever comes, goes, dies, or cannot reach the store', async () => {
    const stretch = fc.record({ from: fc.integer({ min: 0, max: 9000 }), to: fc.integer({ min: 0, max: 18_000 }) })
    const node = fc.record({
      fromMs: fc.integer({ min: 0, max: 9000 }),
      forMs: fc.integer({ min: 100, max: 12_000 }),
      diesMs: fc.option(fc.integer({ min: 500, max: 12_000 }), { nil: Infinity }),
      cutOff: fc.option(stretch, { nil: never }),
      stands: fc.option(stretch, { nil: never }),
      perS: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
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
    const delays = fc.array(fc.constantFrom(null, 0, 3, 400, 2500), { minLength: 1, maxLength: 7 })
    await fc.assert(
      fc.asyncProperty(
        size,
        fc.array(node, { minLength: 1, maxLength: 4 }),
        fc.array(fault, { maxLength: 6 }),
        delays,
        async (sized, nodes, faults, wordDelays) => {
          let said = 0
          const world = nodesOf(
            { ...sized, burst: Math.min(sized.burst, sized.requests) },
            {
              faults: faults.toSorted((a, b) => a.atMs - b.atMs),
              wordDelay: () => wordDelays[(said += 1) % wordDelays.length] ?? null,
            },
          )
          for (const [index, { perS, forMs, ...one }] of nodes.entries())
            world.busy(`n${index}`, { ...one, toMs: one.fromMs + forMs, ...(perS !== undefined && { perS }) })
          await world.clock.advance(20_000)
          expect(mostWithin(world.all, sized.perMs)).toBeLessThanOrEqual(sized.requests)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a lone busy node has nearly all of it, and asks for it ahead, every other second', async () => {
    const world = nodesOf(limit)
    const taken = world.busy('a')
    await world.clock.advance(5000)
    const asked = world.asked()
    await world.clock.advance(20_000)
    expect(since(taken, 5000)).toBeGreaterThanOrEqual(0.98 * 20 * 100)
    expect(world.asked() - asked).toBeLessThanOrEqual(11)
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

  test('while nothing changes, busy nodes ask every other second, whether there is enough for all or not', async () => {
    for (const perS of [20, 200]) {
      const world = nodesOf(limit)
      for (const name of ['a', 'b', 'c']) world.busy(name, { perS })
      await world.clock.advance(10_000)
      const asked = world.asked()
      await world.clock.advance(20_000)
      expect(world.asked() - asked).toBeLessThanOrEqual(33)
      expect(since(world.all, 10_000)).toBeGreaterThanOrEqual(0.97 * 20 * Math.min(100, 3 * perS))
    }
  })

  test('a share follows the calls within a second, and within a few where words are lost', async () => {
    for (const [wordDelay, withinMs] of [
      [() => 2, 1200],
      [() => null, 4500],
    ] as const) {
      const world = nodesOf(limit, { wordDelay })
      world.busy('a', { toMs: 10_000 })
      const other = world.busy('b', { fromMs: 5500 })
      await world.clock.advance(20_000)
      const come = 5500 + withinMs
      expect(since(other, come) - since(other, come + 1000)).toBeGreaterThanOrEqual(45)
      const from = 10_000 + withinMs
      expect(since(other, from) - since(other, from + 1000)).toBeGreaterThanOrEqual(97)
    }
  })

  test('a node that calls much has what the others, which call little, leave', async () => {
    const world = nodesOf(limit)
    const much = world.busy('a', { perS: 80 })
    for (const name of ['b', 'c']) world.busy(name, { perS: 4 })
    await world.clock.advance(20_000)
    expect(since(much, 5000) - since(much, 20_000)).toBeGreaterThanOrEqual(0.98 * 15 * 80)
  })

  test('a node that is stopped past its lease lets nothing go by it when it goes on', async () => {
    const world = nodesOf(limit)
    const stopped = world.busy('a', { stands: { from: 5000, to: 15_000 } })
    const other = world.busy('b')
    await world.clock.advance(25_000)
    expect(mostWithin(world.all, 1000)).toBeLessThanOrEqual(100)
    expect(since(other, 12_000) - since(other, 15_000)).toBeGreaterThanOrEqual(0.95 * 300)
    expect(since(stopped, 18_000)).toBeGreaterThanOrEqual(0.45 * 700)
  })

  test('a node that ends leaves to the others what it has not used, at once', async () => {
    const world = nodesOf({ requests: 1000, perMs: 86_400_000, burst: 1000 })
    const { end } = world
    world.busy('a', { perS: 10, toMs: 5000 })
    await world.clock.advance(5000)
    await end('a')
    const used = world.all.length
    const other = world.busy('b')
    await world.clock.advance(5000)
    expect(other.length).toBe(1000 - used)
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
    expect(since(cut, 6500) - since(cut, 7500)).toBe(100)
    expect(since(cut, 9500) - since(cut, 20_000)).toBe(0)
    expect(since(other, 13_000) - since(other, 20_000)).toBeGreaterThanOrEqual(0.95 * 700)
    expect(since(cut, 25_000)).toBeGreaterThanOrEqual(0.45 * 500)
  })

  test('an ask that comes late does not take back what was lent since', async () => {
    const allotter = memoryAllotter({ now: () => 0 })
    const ask = (node: string, seq: number, wanted: number) =>
      allotter.ask([{ key: 'shop', requests: 100, perMs: 1000, node, seq, held: 0, wanted, forMs: 5000 }])
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

  test('a few in an hour go from whichever node asks, and no more of them', async () => {
    const hourMs = 3_600_000
    const world = nodesOf({ requests: 5, perMs: hourMs, burst: 5 })
    const [one] = [world.busy('a', { toMs: 1000, perS: 2 })]
    const others = ['b', 'c'].map((name) => world.busy(name, { fromMs: 2000 }))
    await world.clock.advance(60_000)
    expect(one.length).toBe(2)
    expect(world.all.length).toBe(5)
    await world.clock.advance(hourMs)
    expect(mostWithin(world.all, hourMs)).toBe(5)
    expect(world.all.length).toBeGreaterThanOrEqual(9)
    for (const other of others) expect(other.length).toBeGreaterThanOrEqual(2)
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
