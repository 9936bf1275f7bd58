import { describe, expect, test } from 'vitest'
import type { JournalHarness } from '../journal.suite.ts'
import { append, message, runsOf, started, state, tenant } from './make.ts'

export function timerSuite(harness: () => JournalHarness): void {
  describe('timers', () => {
    test('DUR-10: due runs come when their time has come, the earliest first', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2', 'r3', 'r4')
      const times = { r1: 70, r2: 50, r3: 60, r4: null }
      for (const [run, wakeAt] of Object.entries(times))
        await journal.append(append(journal, run, 0, { bodies: ['a'], state: state('waiting', { wakeAt }) }))
      expect(await journal.nextWake()).toBe(50)
      expect(await journal.due({ now: 49, limit: 10 })).toEqual([])
      expect(runsOf(await journal.due({ now: 60, limit: 10 }))).toEqual(['r2', 'r3'])
      expect(runsOf(await journal.due({ now: 99, limit: 2 }))).toEqual(['r2', 'r3'])
      expect(runsOf(await journal.due({ now: 99, limit: 2, except: new Set(['r2']) }))).toEqual(['r3', 'r1'])
      const next = await harness().reopen()
      expect(await next.nextWake()).toBe(50)
    })

    test('a run that no longer waits has no timer', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2', 'r3')
      for (const run of ['r1', 'r2', 'r3'])
        await journal.append(append(journal, run, 0, { bodies: ['a'], state: state('waiting', { wakeAt: 50 }) }))
      await journal.deliver(message('r1', 'm'))
      await journal.append(append(journal, 'r2', 1, { bodies: ['b'], state: state('completed') }))
      await journal.append(append(journal, 'r3', 1, { bodies: ['b'], state: state('parked', { wakeAt: 50 }) }))
      expect(await journal.nextWake()).toBeNull()
      expect(await journal.due({ now: 99, limit: 10 })).toEqual([])
      expect(await journal.find(tenant, 'r2')).toMatchObject({ wakeAt: null, endedAt: 10 })
    })
  })
}
