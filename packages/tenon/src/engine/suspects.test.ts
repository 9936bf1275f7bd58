import { expect, test } from 'vitest'
import type { LoadedRun } from '../journal/journal.ts'
import { soleOwnership } from '../journal/ownership.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import type { Services } from './command.ts'
import { Suspects } from './suspects.ts'

/** Suspects of a process that was killed twice; `turns` are those that were called. */
function afterTwoKills() {
  const turns: string[] = []
  const journal = {
    ownership: soleOwnership(3, Number.POSITIVE_INFINITY),
    append: () => Promise.resolve({ outcome: 'written' }),
  }
  const services = { journal, clock: virtualClock() } as unknown as Services
  const suspects = new Suspects(services, { onTurn: ({ run }) => turns.push(run), onStood: () => undefined })
  const admit = (run: string) =>
    suspects.admit(
      { row: { tenant: 'default', run, recoveries: 1, lastSeq: 1, updatedAt: 1 }, entries: [] } as unknown as LoadedRun,
      3,
    )
  return { turns, suspects, admit }
}

test('DUR-11: a suspect that a timer brought before its turn is not called again in the place of another', async () => {
  const { turns, suspects, admit } = afterTwoKills()
  expect([await admit('a'), await admit('b'), await admit('c')]).toEqual([true, false, false])
  suspects.leave('a')
  expect(turns).toEqual(['b'])
  // While it is read, the other comes by itself.
  expect([await admit('c'), await admit('b')]).toEqual([true, false])
  suspects.leave('c')
  expect(turns).toEqual(['b', 'b'])
})

test('DUR-11: where the one whose turn it is has nothing to do, the next is called', async () => {
  const { turns, suspects, admit } = afterTwoKills()
  for (const run of ['a', 'b', 'c']) await admit(run)
  suspects.leave('a')
  // It was cancelled meanwhile: it is read, and released unused.
  suspects.leave('b')
  expect(turns).toEqual(['b', 'c'])
})
