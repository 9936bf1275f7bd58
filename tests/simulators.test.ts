import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { faultChoices } from 'tenon/simulator'
import { expect, test } from 'vitest'

test('the documented faults are those that can be set', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/reference/simulators.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, kind, text]) => [kind, text])
  expect(rows).toEqual(faultChoices.map(({ kind, text }) => [kind, text]))
})
