import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

const limitMs = 120_000

async function problemsOf(from: number, count: number, nodesOf: (seed: number) => number = () => 0): Promise<string[]> {
  const problems: string[] = []
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await simulate(seed, {}, nodesOf(seed))
    for (const problem of outcome.problems) problems.push(`seed ${seed}: ${problem}`)
  }
  return problems
}

test('DUR-20: the same seed goes the same way, to the last line of its trace', { timeout: limitMs }, async () => {
  for (const [seed, nodes] of [
    [1, 0],
    [7, 0],
    [42, 0],
    [1234, 0],
    [7, 2],
    [42, 4],
  ] as const) {
    const first = await simulate(seed, {}, nodes)
    const second = await simulate(seed, {}, nodes)
    expect(second.trace).toEqual(first.trace)
    expect(second.traceHash).toBe(first.traceHash)
  }
})

// Each part looks at everything; the names say what a failure there would most likely be about.
test(
  'DUR-11, DUR-08: whatever fails, crashes and arrives twice: all that was accepted ends, no finished step runs again',
  { timeout: limitMs },
  async () => {
    expect(await problemsOf(100_000, 50)).toEqual([])
  },
)

test('DUR-07, DUR-19: runs that are started while others are recovered run once', { timeout: limitMs }, async () => {
  expect(await problemsOf(200_000, 50)).toEqual([])
})

test(
  'DUR-12, DUR-09: limits and keys hold across crashes and cancels, and each message is taken once',
  { timeout: limitMs },
  async () => {
    expect(await problemsOf(300_000, 50)).toEqual([])
  },
)

test(
  'CLU-01, CLU-03: nodes that are killed, stopped past their lease, cut off, drained and joined: each run has one owner, all ends, and nothing happens twice',
  { timeout: limitMs },
  async () => {
    expect(await problemsOf(400_000, 24, (seed) => 1 + (seed % 4))).toEqual([])
    // An event that came before a run by the journal's order, and after it by the clock of another node.
    expect(await problemsOf(36, 1, () => 3)).toEqual([])
  },
)
