import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryAllotter, type Allotter, type Ask, type Lease } from './allotment.ts'

export interface AllotterHarness {
  readonly allotter: Allotter
  /** Lets so much of its time pass. */
  pass(ms: number): Promise<void>
  end(): Promise<void>
}

/** What every allotter keeps to. */
export function allotterSuite(name: string, open: () => Promise<AllotterHarness>): void {
  describe(`allotment: ${name}`, () => {
    let harness: AllotterHarness
    let keys = 0
    let seq = 0
    beforeAll(async () => {
      harness = await open()
    }, 60_000)
    afterAll(() => harness.end())

    /** Asks of one limit, of 100 in a second unless it is said otherwise. */
    function limit(of: Partial<Ask> = {}): (node: string, wish: Partial<Ask>) => Promise<Lease> {
      const key = `limit ${(keys += 1)}`
      return async (node, wish) => {
        const ask = { key, requests: 100, perMs: 1000, node, seq: (seq += 1), held: 0, wanted: 0, forMs: 60_000 }
        const [lease] = await harness.allotter.ask([{ ...ask, ...of, ...wish }])
        return lease as Lease
      }
    }

    test('OUT-04: who is alone gets what it wants, up to the limit', async () => {
      const ask = limit()
      expect(await ask('a', { wanted: 30 })).toEqual({ share: 30, target: 100, forMs: 60_000, isAwaited: false })
      expect(await ask('a', { wanted: 300, held: 30 })).toMatchObject({ share: 100, target: 100 })
    })

    test('OUT-04: what one holds no other gets; both hear what is fair', async () => {
      const ask = limit()
      await ask('a', { wanted: 90 })
      expect(await ask('b', { wanted: 100 })).toMatchObject({ share: 10, target: 50, isAwaited: false })
      expect(await ask('a', { wanted: 90, held: 90 })).toMatchObject({ share: 90, target: 50, isAwaited: true })
      await ask('a', { wanted: 90, held: 60 })
      expect(await ask('b', { wanted: 100, held: 10 })).toMatchObject({ share: 40, target: 50 })
    })

    test('OUT-04: who wants little leaves the rest to those who want more', async () => {
      const ask = limit()
      await ask('a', { wanted: 10 })
      await ask('b', { wanted: 100 })
      expect(await ask('c', { wanted: 100 })).toMatchObject({ target: 45 })
    })

    test('OUT-04: of two asks of a node the later counts, whichever comes first', async () => {
      const ask = limit()
      const before = (seq += 1)
      await ask('a', { wanted: 90 })
      expect(await ask('a', { wanted: 10, seq: before })).toMatchObject({ share: 0, forMs: 0 })
      expect(await ask('b', { wanted: 100 })).toMatchObject({ share: 10 })
    })

    test('OUT-04: a share that is not asked for again comes back after its lease and the stretch, and not before', async () => {
      const ask = limit({ perMs: 600 })
      await ask('a', { wanted: 70, forMs: 600 })
      expect(await ask('b', { wanted: 100 })).toMatchObject({ share: 30, target: 50 })
      await harness.pass(700)
      // Its node wants nothing any more.
      expect(await ask('b', { wanted: 100, held: 30 })).toMatchObject({ share: 30, target: 100 })
      await harness.pass(700)
      expect(await ask('b', { wanted: 100, held: 30 })).toMatchObject({ share: 100 })
    })

    test('OUT-04: who ends leaves at once what it has not used, and what it has after the stretch', async () => {
      const ask = limit({ perMs: 600 })
      await ask('a', { wanted: 70 })
      await ask('a', { wanted: 20, held: 20, forMs: 0 })
      expect(await ask('b', { wanted: 100 })).toMatchObject({ share: 80, target: 100 })
      await harness.pass(700)
      expect(await ask('b', { wanted: 100, held: 80 })).toMatchObject({ share: 100 })
    })

    test('OUT-04: several limits are asked for at once, each by itself', async () => {
      const ask = (key: string, wanted: number): Ask => {
        seq += 1
        return { key, requests: 100, perMs: 1000, node: 'a', seq, held: 0, wanted, forMs: 1000 }
      }
      const leases = await harness.allotter.ask([ask('many 1', 10), ask('many 2', 200), ask('many 3', 0)])
      expect(leases.map(({ share }) => share)).toEqual([10, 100, 0])
      expect(await harness.allotter.ask([])).toEqual([])
    })

    test('OUT-04: it answers as the one in memory, and never lends more than there is', async () => {
      const wish = fc.record({ node: fc.constantFrom('a', 'b', 'c', 'd'), wanted: fc.integer({ min: 0, max: 60 }) })
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 40, max: 60 }),
          fc.array(wish, { maxLength: 20 }),
          async (requests, wishes) => {
            const model = memoryAllotter({ now: () => 0 })
            const held = new Map<string, number>()
            const key = `model ${(keys += 1)}`
            for (const { node, wanted } of wishes) {
              const keeps = Math.min(held.get(node) ?? 0, wanted)
              const ask = { key, requests, perMs: 1000, node, seq: (seq += 1), held: keeps, wanted, forMs: 60_000 }
              const lease = await harness.allotter.ask([ask])
              expect(lease).toEqual(await model.ask([ask]))
              held.set(node, lease[0]?.share ?? 0)
              expect([...held.values()].reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(requests)
            }
          },
        ),
        { numRuns: 60 },
      )
    })
  })
}
