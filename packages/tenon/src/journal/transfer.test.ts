import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { memoryTransfer } from './memory/transfer.ts'
import { memoryJournal } from './memory.ts'
import { emptyState } from './memory/state.ts'
import { postgresJournal } from './postgres.ts'
import { postgresTransfer } from './postgres/transfer.ts'
import { sqliteJournal } from './sqlite.ts'
import { sqliteTransfer } from './sqlite/transfer.ts'
import { anyPlan, appendsOf, apply, contents } from './suite/any-writes.ts'
import type { JournalTransfer } from './transfer.ts'

const server = usePostgres()
const numRuns = Math.ceil(Number(process.env['TENON_PROPERTY_RUNS'] ?? 24) / 3)

/** Moves everything, some of it twice, as after a crash. */
async function move(from: JournalTransfer, to: JournalTransfer): Promise<void> {
  await to.prepare()
  let before: string | null = null
  for await (const { rows, position } of from.pages(null)) {
    await to.put(rows)
    if (before !== null) for await (const again of from.pages(before)) await to.put(again.rows)
    before = position
  }
  await to.complete({ closedCleanly: await from.closedCleanly() })
  await from.close()
  await to.close()
}

test('CLU-02: a journal that moved from place to place answers everything as before, and goes on as if it had stayed', async () => {
  await fc.assert(
    fc.asyncProperty(anyPlan, fc.nat({ max: 24 }), async (plan, moveAt) => {
      const folder = (): string => mkdtempSync(join(tmpdir(), 'tenon-move-'))
      const [one, two] = [folder(), folder()]
      const url = server().url(await server().newDatabase())
      let memory = memoryJournal()
      for (const batch of plan.slice(0, moveAt)) await apply(memory, batch, await appendsOf(memory, batch, memory))
      await memory.close()
      const state = memory.snapshot()
      await move(memoryTransfer(memory.snapshot()), sqliteTransfer({ folder: one }))
      await move(sqliteTransfer({ folder: one }), postgresTransfer({ url }))
      await move(postgresTransfer({ url }), sqliteTransfer({ folder: two }))
      const back = emptyState()
      await move(sqliteTransfer({ folder: two }), memoryTransfer(back))
      memory = memoryJournal({ state })
      const others = [
        await sqliteJournal({ folder: one }),
        await postgresJournal({ url, partitions: 4 }),
        await sqliteJournal({ folder: two }),
        memoryJournal({ state: back }),
      ]
      try {
        for (const [index, batch] of [[], ...plan.slice(moveAt)].entries()) {
          const appends = await appendsOf(memory, batch, memory)
          const theirs = await Promise.all(others.map((other) => appendsOf(other, batch, memory)))
          const expected = await apply(memory, batch, appends)
          const answers = await Promise.all(others.map((other, place) => apply(other, batch, theirs[place] ?? [])))
          for (const answer of answers) expect(answer).toEqual(expected)
          if (index % 4 !== 0) continue
          const seen = await contents(memory)
          for (const other of others) expect(await contents(other)).toEqual(seen)
        }
      } finally {
        await Promise.all(others.map((other) => other.close()))
        for (const path of [one, two]) rmSync(path, { recursive: true })
      }
    }),
    { numRuns, endOnFailure: process.env['TENON_PROPERTY_SHRINK'] === undefined },
  )
}, 300_000)
