import { afterEach, beforeEach, describe } from 'vitest'
import type { Journal } from './journal.ts'
import { appendSuite } from './suite/append.suite.ts'
import { deliverSuite } from './suite/deliver.suite.ts'
import { lineSuite } from './suite/line.suite.ts'
import { listSuite } from './suite/list.suite.ts'
import { messageSuite } from './suite/message.suite.ts'
import { pruneSuite } from './suite/prune.suite.ts'
import { tenantSuite } from './suite/tenant.suite.ts'
import { timerSuite } from './suite/timer.suite.ts'
import { waitSuite } from './suite/wait.suite.ts'

export interface JournalHarness {
  readonly journal: Journal
  /** Closes the journal and opens the same store again. */
  reopen(): Promise<Journal>
  end(): Promise<void>
}

/** What every journal must do. An implementation's test is one call of it. */
export function journalSuite(name: string, open: () => Promise<JournalHarness>): void {
  describe(`journal: ${name}`, () => {
    let harness: JournalHarness
    beforeEach(async () => {
      harness = await open()
    })
    afterEach(() => harness.end())
    for (const part of [
      appendSuite,
      deliverSuite,
      waitSuite,
      lineSuite,
      messageSuite,
      timerSuite,
      pruneSuite,
      tenantSuite,
      listSuite,
    ])
      part(() => harness)
  })
}
