import { describe, expect, test } from 'vitest'
import type { Journal } from '../journal.ts'
import type { JournalHarness } from '../journal.suite.ts'
import { append, delivered, event, message, start, started, state, tenant, wait } from './make.ts'

async function pruneAll(journal: Journal, query: { now: number; endedBefore: number; limit: number }): Promise<number> {
  for (let calls = 1; ; calls += 1) if (!(await journal.prune(query))) return calls
}

export function pruneSuite(harness: () => JournalHarness): void {
  describe('prune', () => {
    test('DUR-16: deletes ended runs that are old enough, with all that is theirs, and nothing else', async () => {
      const { journal } = harness()
      await journal.deliver(event('t/1', { starts: [start('old'), start('young')], dedupeUntil: 20 }))
      await journal.deliver(event('t/2', { starts: [start('living')], dedupeUntil: 20 }))
      await journal.deliver(message('old', 'm'))
      const values = (hash: string): { values: { hash: string; body: string }[] } => ({
        values: [
          { hash, body: hash },
          { hash: 'both', body: 'both' },
        ],
      })
      await journal.append(append(journal, 'old', 0, { bodies: ['a'], ...values('h-old'), state: state('completed') }))
      await journal.append({
        ...append(journal, 'young', 0, values('h-young')),
        entries: [{ at: 90, kind: 'step', step: null, body: '1', format: 1 }],
        state: state('failed'),
      })
      await journal.append(append(journal, 'living', 0, { bodies: ['a'], state: state('waiting') }))
      await pruneAll(journal, { now: 100, endedBefore: 50, limit: 100 })
      expect(await journal.find(tenant, 'old')).toBeNull()
      expect(await journal.entries(tenant, 'old')).toEqual([])
      expect(await journal.inbox({ tenant, run: 'old' })).toEqual([])
      expect(await journal.values(['h-old', 'h-young', 'both'])).toEqual([null, 'h-young', 'both'])
      expect((await journal.load([{ tenant, run: 'young' }]))[0]).toMatchObject({
        input: '{"id":"t/1"}',
        entries: [{ seq: 1 }],
      })
      expect(await journal.event(tenant, 't/2')).not.toBeNull()
      expect(await journal.counts(tenant)).toMatchObject({ completed: 0, failed: 1, waiting: 1 })
      await pruneAll(journal, { now: 100, endedBefore: 91, limit: 100 })
      expect(await journal.event(tenant, 't/1')).toBeNull()
      expect(await journal.values(['h-young', 'both'])).toEqual([null, null])
      expect(await journal.find(tenant, 'living')).not.toBeNull()
    })

    test('rule 15: a dedupe key outlives its run until its own window ends', async () => {
      const { journal } = harness()
      await journal.deliver(event('t/1', { starts: [start('r1')], dedupeUntil: 500 }))
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'], state: state('completed') }))
      await pruneAll(journal, { now: 400, endedBefore: 400, limit: 100 })
      expect(await journal.find(tenant, 'r1')).toBeNull()
      expect(await journal.deliver(event('t/1', { at: 499, starts: [start('r2')] }))).toEqual({
        outcome: 'duplicate',
        runs: ['r1'],
      })
      await pruneAll(journal, { now: 500, endedBefore: 400, limit: 100 })
      expect(await journal.event(tenant, 't/1')).toBeNull()
      expect(await journal.deliver(event('t/1', { at: 499, starts: [start('r3')] }))).toMatchObject({
        outcome: 'written',
      })
    })

    test('an event that waits may still look back on stays until its time is over', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2')
      await journal.deliver(delivered('t/1', { shipment: '1' }, { keepUntil: 300, dedupeUntil: 20 }))
      await pruneAll(journal, { now: 299, endedBefore: 0, limit: 100 })
      expect(
        await journal.append(append(journal, 'r1', 0, { bodies: ['a'], waits: [wait('s', { shipment: '1' })] })),
      ).toMatchObject({ reached: [{ run: 'r1' }] })
      await pruneAll(journal, { now: 300, endedBefore: 0, limit: 100 })
      // A run that had it is not over yet.
      expect(await journal.event(tenant, 't/1')).not.toBeNull()
      const [got] = await journal.inbox({ tenant, run: 'r1' })
      await journal.append(
        append(journal, 'r1', 1, { bodies: ['b'], consumed: [got!.position], state: state('completed') }),
      )
      await pruneAll(journal, { now: 300, endedBefore: 300, limit: 100 })
      expect(await journal.event(tenant, 't/1')).toBeNull()
      expect(
        await journal.append(append(journal, 'r2', 0, { bodies: ['a'], waits: [wait('s', { shipment: '1' })] })),
      ).toMatchObject({ reached: [] })
    })

    test('a failed run that holds its key stays, or the runs behind it would wait for ever', async () => {
      const { journal } = harness()
      await started(journal, start('r1', { key: 'k' }), start('r2', { key: 'k' }))
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'], state: state('failed') }))
      await pruneAll(journal, { now: 100, endedBefore: 100, limit: 100 })
      expect(await journal.find(tenant, 'r1')).toMatchObject({ status: 'failed', inLine: true })
    })

    test('DUR-16: one call deletes no more than its limit, and all calls delete everything', async () => {
      const { journal } = harness()
      const runs = Array.from({ length: 25 }, (_, index) => `r${index}`)
      await Promise.all(
        runs.map((run) => journal.deliver(event(`t/${run}`, { starts: [start(run)], dedupeUntil: 20 }))),
      )
      await Promise.all(
        runs.map((run) => journal.append(append(journal, run, 0, { bodies: ['a', 'b'], state: state('completed') }))),
      )
      expect(await journal.prune({ now: 100, endedBefore: 100, limit: 10 })).toBe(true)
      const { completed } = await journal.counts(tenant)
      expect(completed).toBeGreaterThanOrEqual(15)
      expect(completed).toBeLessThan(25)
      await pruneAll(journal, { now: 100, endedBefore: 100, limit: 10 })
      expect(await journal.counts(tenant)).toMatchObject({ completed: 0 })
      expect(await journal.list({ tenant, limit: 10 })).toEqual({ runs: [], next: null })
      expect(await journal.event(tenant, 't/r0')).toBeNull()
    })
  })
}
