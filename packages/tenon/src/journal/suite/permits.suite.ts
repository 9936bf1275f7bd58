import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '../journal.ts'
import type { PermitShare } from '../permits.ts'
import type { ClusterHarness } from './ownership.suite.ts'

const flow = 'order-paid'

function claim(journal: Journal, limit: number, keep: number, wanted: number): Promise<PermitShare> {
  return journal.ownership.membership!.claim([{ flow, limit, keep, wanted }]).then(([share]) => share!)
}

/** How nodes share the permits of flows with a limit. */
export function permitsSuite(name: string, open: () => Promise<ClusterHarness>): void {
  describe(`permits: ${name}`, () => {
    let harness: ClusterHarness
    let one: Journal
    let two: Journal
    beforeEach(async () => {
      harness = await open()
      one = await harness.open()
      two = await harness.open()
    })
    afterEach(() => harness.end())

    test('DUR-12: who is alone gets what it wants, up to the limit, and gives it back', async () => {
      expect(await claim(one, 5, 0, 2)).toEqual({ held: 2, fair: 2 })
      expect(await claim(one, 5, 2, 9)).toEqual({ held: 5, fair: 5 })
      expect(await claim(one, 5, 0, 0)).toEqual({ held: 0, fair: 0 })
      expect(await claim(two, 5, 0, 5)).toEqual({ held: 5, fair: 5 })
    })

    test('DUR-12: what one holds no other gets; it hears what is fair and lets the surplus go', async () => {
      expect(await claim(one, 4, 0, 4)).toMatchObject({ held: 4 })
      expect(await claim(two, 4, 0, 4)).toEqual({ held: 0, fair: 2 })
      expect(await claim(one, 4, 4, 4)).toEqual({ held: 4, fair: 2 })
      expect(await claim(one, 4, 3, 4)).toEqual({ held: 3, fair: 2 })
      expect(await claim(two, 4, 0, 4)).toEqual({ held: 1, fair: 2 })
      expect(await claim(one, 4, 2, 4)).toMatchObject({ held: 2 })
      expect(await claim(two, 4, 1, 4)).toMatchObject({ held: 2 })
    })

    test('DUR-12: a single permit goes from one to the other', async () => {
      expect(await claim(one, 1, 0, 3)).toEqual({ held: 1, fair: 1 })
      for (const [from, to] of [
        [one, two],
        [two, one],
        [one, two],
      ] as const) {
        expect(await claim(to, 1, 0, 3)).toEqual({ held: 0, fair: 1 })
        expect(await claim(from, 1, 1, 3)).toEqual({ held: 1, fair: 0 })
        expect(await claim(from, 1, 0, 3)).toEqual({ held: 0, fair: 0 })
        expect(await claim(to, 1, 0, 3)).toEqual({ held: 1, fair: 1 })
      }
    })

    test('claims of many at once never exceed the limit', async () => {
      const nodes = [one, two, await harness.open(), await harness.open()]
      const held = nodes.map(() => 0)
      for (let round = 0; round < 10; round += 1) {
        const shares = await Promise.all(nodes.map((node, index) => claim(node, 7, held[index]!, (round + index) % 5)))
        for (const [index, share] of shares.entries()) held[index] = share.held
        expect(held.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(7)
        for (const [index, share] of shares.entries()) held[index] = Math.min(share.held, share.fair)
      }
    })

    test('DUR-12: the permits of a killed node are free when its lease is, and a node that was stopped has none any more', async () => {
      await claim(one, 2, 0, 2)
      await harness.kill(one)
      expect(await claim(two, 2, 0, 2)).toMatchObject({ held: 0 })
      await harness.until(async () => (await claim(two, 2, 0, 2)).held === 2)
      const three = await harness.open()
      await harness.until(async () => (await claim(three, 2, 0, 2)).fair > 0)
      const { member } = two.ownership.membership!
      harness.stop(two)
      await harness.until(async () => (await claim(three, 2, 0, 2)).held === 2)
      expect(await claim(two, 2, 2, 2)).toMatchObject({ held: 0 })
      harness.goOn(two)
      await harness.until(() => two.ownership.membership!.member !== member)
      expect(await claim(two, 2, 2, 2)).toMatchObject({ held: 0 })
    })
  })
}
