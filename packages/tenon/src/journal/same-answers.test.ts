import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import type { Journal } from './journal.ts'
import { memoryJournal } from './memory.ts'
import { postgresJournal } from './postgres.ts'
import { sqliteJournal } from './sqlite.ts'
import { anyPlan, appendsOf, apply, contents } from './suite/any-writes.ts'

// Any sequence of writes, batched at random, gets the same answers from both journals and leaves the same behind in both.

const numRuns = Number(process.env['TENON_PROPERTY_RUNS'] ?? 25)

interface Place {
  open(): Promise<Journal>
  end(): Promise<void>
}

function sameAnswers(name: string, newPlace: () => Promise<Place>, runsOfProperty: number): void {
  test(
    `memory and ${name} give the same answers and keep the same things`,
    { timeout: 30_000 + runsOfProperty * 5000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(anyPlan, fc.nat({ max: 24 }), async (plan, reopenAt) => {
          const place = await newPlace()
          let memory = memoryJournal()
          let other = await place.open()
          try {
            for (const [index, batch] of plan.entries()) {
              if (index === reopenAt) {
                await Promise.all([memory.close(), other.close()])
                memory = memoryJournal({ state: memory.snapshot() })
                other = await place.open()
              }
              const appends = await Promise.all([appendsOf(memory, batch, memory), appendsOf(other, batch, memory)])
              const [expected, found] = await Promise.all([
                apply(memory, batch, appends[0]),
                apply(other, batch, appends[1]),
              ])
              expect(found).toEqual(expected)
              if (index % 4 === 3 || index === plan.length - 1)
                expect(await contents(other)).toEqual(await contents(memory))
            }
          } finally {
            await other.close()
            await place.end()
          }
        }),
        { numRuns: runsOfProperty, endOnFailure: process.env['TENON_PROPERTY_SHRINK'] === undefined },
      )
    },
  )
}

async function newFolder(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-same-'))
  return {
    open: () => sqliteJournal({ folder }),
    end: async () => rmSync(folder, { recursive: true }),
  }
}

sameAnswers('sqlite', newFolder, numRuns)

describe('postgres', () => {
  const server = usePostgres()
  async function newDatabase(): Promise<Place> {
    const url = server().url(await server().newDatabase())
    return { open: () => postgresJournal({ url, partitions: 4 }), end: async () => undefined }
  }
  // Each has a database of its own, which takes longer than all the rest.
  sameAnswers('postgres', newDatabase, Math.ceil(numRuns / 3))
})
