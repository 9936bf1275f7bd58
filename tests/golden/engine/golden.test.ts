import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defineApp } from '../../../packages/tenon/src/definition/app.ts'
import type { Flow } from '../../../packages/tenon/src/definition/flow.ts'
import { createEngine } from '../../../packages/tenon/src/engine/create-engine.ts'
import type { Divergence } from '../../../packages/tenon/src/engine/engine.ts'
import type { EntryRow, StoredValue } from '../../../packages/tenon/src/journal/journal.ts'
import { memoryJournal } from '../../../packages/tenon/src/journal/memory.ts'

interface Golden {
  readonly run: string
  readonly flow: string
  readonly version: number
  readonly createdAt: number
  readonly input: string
  readonly values: readonly StoredValue[]
  readonly entries: readonly EntryRow[]
}

const folders = readdirSync(import.meta.dirname).filter((name) => /^v\d+$/.test(name))

/** Replays a run on those flows without doing anything. */
async function replay(
  golden: Golden,
  flows: readonly Flow[],
  entries: readonly EntryRow[],
): Promise<readonly Divergence[]> {
  const { run, flow, version, createdAt: at, input, values } = golden
  const journal = memoryJournal()
  const tenant = 'default'
  await journal.deliver({ kind: 'start', tenant, at, start: { run, flow, version, key: null, input } })
  const state = { status: 'waiting', wakeAt: null, code: null, leaveLine: false } as const
  await journal.append({
    tenant,
    run,
    epoch: journal.ownership.epochOf({ tenant, run, flow, key: null }) ?? 0,
    after: 0,
    entries,
    values,
    state,
  })
  const client = { call: () => Promise.reject(new Error('a dry replay calls nobody')) }
  const engine = await createEngine({ app: defineApp({ flows }), journal, client })
  const divergences = await engine.check(tenant)
  await engine.drain(0)
  return divergences
}

for (const folder of folders) {
  const path = join(import.meta.dirname, folder)
  for (const file of readdirSync(path).filter((name) => name.endsWith('.json'))) {
    test(`DUR-05: the journal ${folder}/${file} replays on its flow, up to each of its entries`, async () => {
      const { flows } = (await import(join(path, 'flows.ts'))) as { flows: readonly Flow[] }
      const golden = JSON.parse(readFileSync(join(path, file), 'utf8')) as Golden
      expect(golden.entries.length).toBeGreaterThan(1)
      for (let count = 0; count <= golden.entries.length; count += 1) {
        const entries = golden.entries.slice(0, count)
        expect(await replay(golden, flows, entries), `with ${count} entries`).toEqual([])
      }
      // A replay that notices nothing would prove nothing.
      const changed = golden.entries.map((entry) =>
        entry.step === null ? entry : { ...entry, step: `${entry.step}-renamed` },
      )
      expect(await replay(golden, flows, changed)).toHaveLength(1)
    })
  }
}
