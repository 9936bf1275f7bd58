import { journalSuite } from './journal.suite.ts'
import { memoryJournal } from './memory.ts'

journalSuite('memory', async () => {
  let journal = memoryJournal()
  return {
    journal,
    async reopen() {
      await journal.close()
      journal = memoryJournal({ state: journal.snapshot() })
      return journal
    },
    end: () => journal.close(),
  }
})
