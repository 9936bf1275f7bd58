import { expect, test } from 'vitest'
import { sleep } from '../../base/clock.ts'
import { mortalClock, virtualClock } from '../../testing/virtual-clock.ts'
import { memoryAllotter } from '../budget/allotment.ts'
import { Leases } from '../budget/leases.ts'
import { isPostponed } from '../outbound.ts'
import { openPipeline } from '../pipeline.ts'
import { policy } from '../policies/concurrency.ts'
import { callOf, contextOf } from '../policy.fixture.ts'

const answer = { status: 200, headers: {}, body: Buffer.alloc(0), isComplete: true }

/** Nodes that call an upstream, which takes some calls at once. */
function upstream(max: number | undefined) {
  const clock = virtualClock()
  const allotter = memoryAllotter(clock)
  const hearers = new Map<string, (word: string, from: string) => void>()
  const at = { inFlight: 0, most: 0, served: 0, isOut: false }
  const words = (node: string) => ({
    async say(said: readonly string[]) {
      for (const [other, hear] of hearers)
        if (other !== node) clock.after(2, () => said.forEach((word) => hear(word, node)))
    },
    hear(listener: (word: string, from: string) => void) {
      hearers.set(node, listener)
      return () => hearers.delete(node)
    },
  })
  /** Where so many callers call again and again, until it stops or dies. */
  const busy = (node: string, callers: number) => {
    const life = mortalClock(clock)
    const reached = {
      ask: async (asks: Parameters<typeof allotter.ask>[0]) => {
        await sleep(life, 3)
        if (at.isOut) throw new Error('not reached')
        return allotter.ask(asks)
      },
    }
    const leases = new Leases({
      clock: life,
      monotonic: () => clock.now(),
      allotter: reached,
      node,
      words: words(node),
    })
    const options = { concurrency: { adapt: false, ...(max !== undefined && { max }) } }
    const pipeline = openPipeline([policy], { ...contextOf(options, life), leases })
    const mine = { served: 0, isOver: false }
    const send = async () => {
      at.inFlight += 1
      at.most = Math.max(at.most, at.inFlight)
      // The upstream goes on with what it was sent, though nobody waits for it.
      await sleep(clock, 100)
      at.inFlight -= 1
      return answer
    }
    const call = async (): Promise<void> => {
      while (!mine.isOver) {
        try {
          await pipeline.run(callOf({}, life), send)
          mine.served += 1
          at.served += 1
        } catch (error) {
          if (!isPostponed(error)) throw error
          await sleep(life, 500)
        }
      }
    }
    for (let caller = 0; caller < callers; caller += 1) void call()
    return { mine, kill: () => life.kill() }
  }
  return { clock, at, busy }
}

test('OUT-09: a declared limit of concurrency holds over all nodes, and all of it is used', async () => {
  const { clock, at, busy } = upstream(7)
  const nodes = ['a', 'b', 'c'].map((node) => busy(node, 10))
  await clock.advance(5000)
  const before = at.served
  await clock.advance(20_000)
  expect(at.most).toBe(7)
  expect(at.served - before).toBeGreaterThanOrEqual(0.9 * 20 * 70)
  for (const { mine } of nodes) expect(mine.served).toBeGreaterThanOrEqual(0.2 * at.served)
})

test('OUT-09: the places of a node that has no calls any more, or dies, are the others’', async () => {
  const { clock, at, busy } = upstream(4)
  const [one, other] = [busy('a', 10), busy('b', 10)]
  await clock.advance(3000)
  one.mine.isOver = true
  await clock.advance(1500)
  let before = other.mine.served
  await clock.advance(5000)
  expect(other.mine.served - before).toBeGreaterThanOrEqual(0.95 * 5 * 40)
  const third = busy('c', 10)
  await clock.advance(3000)
  expect(third.mine.served).toBeGreaterThanOrEqual(40)
  third.kill()
  await clock.advance(5500)
  before = other.mine.served
  await clock.advance(5000)
  expect(other.mine.served - before).toBeGreaterThanOrEqual(0.95 * 5 * 40)
  expect(at.most).toBe(4)
})

test('OUT-09: a single place goes round', async () => {
  const { clock, at, busy } = upstream(1)
  const nodes = ['a', 'b'].map((node) => busy(node, 2))
  await clock.advance(40_000)
  expect(at.most).toBe(1)
  for (const { mine } of nodes) expect(mine.served).toBeGreaterThanOrEqual(100)
})

test('OUT-09: a node that does not reach the others begins no call after its lease', async () => {
  const { clock, at, busy } = upstream(4)
  const { mine } = busy('a', 10)
  await clock.advance(3000)
  at.isOut = true
  await clock.advance(5000)
  const before = mine.served
  await clock.advance(5000)
  expect(mine.served).toBe(before)
  at.isOut = false
  await clock.advance(5000)
  expect(mine.served).toBeGreaterThan(before + 100)
})

test('what nobody declared is each node’s own', async () => {
  const { clock, at, busy } = upstream(undefined)
  for (const node of ['a', 'b']) busy(node, 150)
  await clock.advance(2000)
  expect(at.most).toBe(200)
})
