// What docs/concepts/scale.md reckons with, and that it says what comes out.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { figures, hardware } from '../bench/scale/figures.ts'
import { simulate } from '../bench/scale/simulate.ts'
import { tables } from '../bench/scale/tables.ts'

const page = readFileSync(new URL('../docs/concepts/scale.md', import.meta.url), 'utf8')

test('the page about scale has the tables that come out of its figures', () => {
  for (const table of Object.values(tables(figures, hardware))) expect(page).toContain(table)
  expect(page).toContain(figures.measured)
})

const ask = (nodes: number, runsPerS: number) => simulate({ figures, hardware, nodes, runsPerS, seconds: 0.5 })

test('a write that comes alone takes its way there and back, its batch and a flush', () => {
  const { batch, write, run } = figures
  const flushMs = hardware.flushMs + (run.walBytes / run.writes / hardware.logBytesPerS) * 1000
  const alone = ask(1, 10)
  expect(alone.writesPerBatch).toBe(1)
  expect(alone.commitP50Ms).toBeCloseTo(hardware.roundTripMs + batch.databaseMs + write.databaseMs + flushMs, 6)
})

test('more nodes make smaller batches of the same load, and cost the database more', () => {
  const [few, many] = [ask(2, 5000), ask(16, 5000)]
  expect(many.writesPerBatch).toBeLessThan(few.writesPerBatch / 2)
  expect(many.databaseCores).toBeGreaterThan(few.databaseCores)
  expect([few.keepsUp, many.keepsUp]).toEqual([true, true])
})

test('what is more than one core of the database can do is not kept up with', () => {
  const one = { ...hardware, databaseCores: 1 }
  const most = 1000 / (figures.write.databaseMs * figures.run.writes)
  const at = (runsPerS: number) => simulate({ figures, hardware: one, nodes: 1, runsPerS, seconds: 1 })
  expect(at(most / 4).keepsUp).toBe(true)
  expect(at(most * 2).keepsUp).toBe(false)
})
