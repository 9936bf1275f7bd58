import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { memoryJournal } from '../../journal/memory.ts'
import type { Append, Journal, RunRow } from '../../journal/journal.ts'
import { anyPlan, appendsOf, apply, contents } from '../../journal/suite/any-writes.ts'
import { usePostgres } from '../../postgres/postgres.fixture.ts'
import { openPlacedJournal } from '../several-databases.ts'

const server = usePostgres()
const numRuns = Math.ceil(Number(process.env['TENON_PROPERTY_RUNS'] ?? 24) / 4)

/** What a tenant moves by waits for its turn a tenth as long. */
const clock = { ...systemClock, after: (ms: number, act: () => void) => systemClock.after(ms / 10, act) }

interface Seen {
  readonly ready: readonly RunRow[]
  readonly readyOfFlow: readonly RunRow[]
  readonly due: readonly RunRow[]
}

/** Between tenants of two databases there is no order of arrival. */
async function seen(journal: Journal): Promise<unknown> {
  const { ready, readyOfFlow, due, ...rest } = (await contents(journal)) as Seen
  const nameOf = ({ tenant, run }: RunRow): string => `${tenant}/${run}`
  const inOrder = (rows: readonly RunRow[]): readonly RunRow[] =>
    rows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return { ...rest, ready: inOrder(ready), readyOfFlow: inOrder(readyOfFlow), due: inOrder(due) }
}

/** One node has all partitions of a database under one epoch. */
function ownedBy({ ownership }: Journal, made: Append): Append {
  return { ...made, epoch: ownership.epochOf({ ...made, flow: 'f', key: null }) ?? 0 }
}

test('CLU: a tenant that moves from database to database answers everything as before, and goes on as if it had stayed', async () => {
  await fc.assert(
    fc.asyncProperty(anyPlan, fc.array(fc.nat({ max: 24 }), { minLength: 1, maxLength: 3 }), async (plan, movesAt) => {
      const urls = [server().url(await server().newDatabase()), server().url(await server().newDatabase())]
      const { journal, tenants } = await openPlacedJournal(urls, { leaseMs: 3000, clock })
      const memory = memoryJournal()
      const [one = '', two = ''] = (await tenants.list()).databases.map(({ name }) => name)
      await tenants.place('one', one)
      await tenants.place('two', one)
      let at = one
      try {
        for (const [index, batch] of [[], ...plan].entries()) {
          const theirs = (await appendsOf(journal, batch, memory)).map((made) => made && ownedBy(journal, made))
          const expected = await apply(memory, batch, await appendsOf(memory, batch, memory))
          expect(await apply(journal, batch, theirs)).toEqual(expected)
          if (!movesAt.includes(index)) continue
          at = at === one ? two : one
          await tenants.move('one', at, 'mia')
          await expect.poll(async () => (await tenants.moves('one'))[0]?.state, { timeout: 30_000 }).toBe('done')
          expect(await seen(journal)).toEqual(await seen(memory))
        }
        expect(await seen(journal)).toEqual(await seen(memory))
      } finally {
        await journal.close()
        await memory.close()
      }
    }),
    { numRuns, endOnFailure: process.env['TENON_PROPERTY_SHRINK'] === undefined },
  )
}, 600_000)
