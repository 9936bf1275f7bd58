import { describe, expect, test } from 'vitest'
import type { Journal } from '../../packages/tenon/src/journal/journal.ts'
import { isPostgresThere } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import { type Call, unexplained } from './checker.ts'
import { judge } from './judge.ts'
import { eventModel, type RunOperation, runModel } from './models.ts'
import { histories } from './world.ts'

// `npm run linearizability -- --seconds N --seed S` looks longer.

const limitMs = 180_000
const seconds = 15

function call<Operation>(from: number, to: number | null, operation: Operation): Call<Operation> {
  return { from, to, operation }
}

const append = (epoch: number, after: number, body: string): RunOperation => ({
  kind: 'append',
  epoch,
  after,
  body,
  answer: { outcome: 'written' },
})
const started = call<RunOperation>(0, 1, { kind: 'start', answer: 'written' })
const read = (...bodies: string[]): RunOperation => ({ kind: 'read', bodies })

describe('the checker', () => {
  test('calls at the same time may stand in any order, others only as they came', () => {
    const history = [started, call(2, 5, append(1, 1, 'b')), call(3, 4, append(1, 0, 'a'))]
    expect(unexplained(runModel, history)).toBeNull()
    const later = [started, call(2, 3, append(1, 1, 'b')), call(4, 5, append(1, 0, 'a'))]
    expect(unexplained(runModel, later)).not.toBeNull()
  })

  test('a call without an answer may have happened, may happen later, or never', () => {
    const { answer: _answer, ...lost } = append(1, 0, 'a') as Extract<RunOperation, { kind: 'append' }>
    const history = [started, call<RunOperation>(2, null, lost)]
    expect(unexplained(runModel, history)).toBeNull()
    expect(unexplained(runModel, [...history, call(3, 4, read()), call(5, 6, read('a'))])).toBeNull()
    const wrong = call(7, 8, read())
    expect(unexplained(runModel, [...history, call(5, 6, read('a')), wrong])).toContain(wrong)
  })

  test('CLU-06: once a greater epoch was seen, nothing is written under a lesser one', () => {
    const zombie = call(4, 5, append(1, 0, 'a'))
    const takenOver = call<RunOperation>(2, 3, { kind: 'hold', epoch: 2 })
    expect(unexplained(runModel, [started, takenOver, zombie])).toEqual([zombie])
    // While it was on its way, it may have come before.
    expect(unexplained(runModel, [started, takenOver, { ...zombie, from: 1 }])).toBeNull()
  })

  test('CLU-06: an event is taken once, and whoever brings it again hears of the same runs', () => {
    const first = call(0, 1, { run: 'a', answer: { outcome: 'written' as const, runs: ['a'] } })
    const again = (runs: string[]) => call(2, 3, { run: 'b', answer: { outcome: 'duplicate' as const, runs } })
    expect(unexplained(eventModel, [first, again(['a'])])).toBeNull()
    expect(unexplained(eventModel, [first, again(['b'])])).not.toBeNull()
    expect(unexplained(eventModel, [first, { ...first, from: 4, to: 5 }])).not.toBeNull()
  })
})

describe.skipIf(!isPostgresThere)('the journal on PostgreSQL', () => {
  test(
    'CLU-06: claims, completions and deliveries are as if one came after the other',
    { timeout: limitMs },
    async () => {
      const verdict = judge(await histories({ seconds, seed: 1 }))
      expect(verdict.problems).toEqual([])
      expect(verdict.answers).toMatchObject({
        'append written': expect.any(Number),
        'append fenced': expect.any(Number),
        'event duplicate': expect.any(Number),
      })
    },
  )

  test('CLU-06: found: epochs that are not checked', { timeout: limitMs }, async () => {
    const plant = (journal: Journal): Journal => ({
      ...journal,
      async append(write) {
        const receipt = await journal.append(write)
        return receipt.outcome === 'fenced' ? journal.append({ ...write, epoch: receipt.epoch }) : receipt
      },
    })
    expect((await problemsWith(plant))[0]).toMatch(/^r\d+: no order explains these/)
  })

  test('CLU-06: found: deliveries that are not recognised', { timeout: limitMs }, async () => {
    let count = 0
    const plant = (journal: Journal): Journal => ({
      ...journal,
      deliver: (message) =>
        journal.deliver(message.kind === 'event' ? { ...message, key: `${message.key}.${(count += 1)}` } : message),
    })
    expect((await problemsWith(plant))[0]).toMatch(/^t\/\d+: no order explains these/)
  })
})

/** Of the first world in which a planted bug shows. */
async function problemsWith(plant: (journal: Journal) => Journal): Promise<readonly string[]> {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { problems } = judge(await histories({ seconds: 10, seed, plant }))
    if (problems.length > 0) return problems
  }
  return []
}
