import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { continueGolden, readGolden, writeGolden } from './golden.fixture.ts'
import { sqliteJournal } from './sqlite.ts'

// DUR-05: a journal that a released version wrote is read and continued by every later one. Each version keeps its folder here for ever.
// A new version adds its own: TENON_WRITE_GOLDEN=v2 vitest run golden

const golden = fileURLToPath(new URL('../../../../tests/golden/journal', import.meta.url))

const newVersion = process.env['TENON_WRITE_GOLDEN']

if (newVersion !== undefined)
  test('writes the golden journal of a new version', async () => {
    const folder = join(golden, newVersion)
    expect(existsSync(join(folder, 'journal.db')), 'a golden journal is never written again').toBe(false)
    mkdirSync(folder, { recursive: true })
    const journal = await sqliteJournal({ folder })
    await writeGolden(journal)
    writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(await readGolden(journal), null, 2)}\n`)
    await journal.close()
    rmSync(join(folder, 'lock'))
  })

const versions = readdirSync(golden).sort()

test.each(versions)('DUR-05: the journal that %s wrote is read and continued', async (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-golden-'))
  cpSync(join(golden, version), folder, { recursive: true })
  const journal = await sqliteJournal({ folder })
  expect(await readGolden(journal)).toEqual(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')))
  await continueGolden(journal)
  await journal.close()
  rmSync(folder, { recursive: true })
})
