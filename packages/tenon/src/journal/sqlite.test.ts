import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { journalSuite } from './journal.suite.ts'
import { sqliteJournal } from './sqlite.ts'

journalSuite('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-journal-'))
  let journal = await sqliteJournal({ folder })
  return {
    journal,
    async reopen() {
      await journal.close()
      journal = await sqliteJournal({ folder })
      return journal
    },
    async end() {
      await journal.close()
      rmSync(folder, { recursive: true })
    },
  }
})
