import { describe, expect, test } from 'vitest'
import type { JournalHarness } from '../journal.suite.ts'
import type { RunQuery } from '../history.ts'
import type { Journal } from '../journal.ts'
import { append, delivered, event, runsOf, start, started, state, tenant, wait } from './make.ts'

type Asked = Omit<RunQuery, 'tenant' | 'limit'>

/** All pages of a list, put together. */
async function listed(journal: Journal, query: Asked, limit = 100): Promise<string[]> {
  const runs: string[] = []
  let before: string | null = null
  do {
    const page = await journal.list({ tenant, limit, ...query, ...(before === null ? {} : { before }) })
    expect(page.runs.length).toBeLessThanOrEqual(limit)
    runs.push(...runsOf(page.runs))
    before = page.next
  } while (before !== null)
  return runs
}

/** One run of each status, of two flows, with keys, codes, an event and a minute between them. */
async function variety(journal: Journal): Promise<void> {
  const at = (run: string): number => 60_000 * (run.startsWith('r') ? Number(run.slice(1, 3)) : 8)
  const begin = (run: string, parts: Parameters<typeof start>[1] = {}): Promise<unknown> =>
    journal.deliver({ kind: 'start', tenant, at: at(run), start: { ...start(run, parts), input: 'null' } })
  const rest = (run: string, to: Parameters<typeof state>[0], code: string | null = null): Promise<unknown> =>
    journal.append(append(journal, run, 0, { bodies: ['x'], state: state(to, { code }) }))
  await begin('r01-failed', { key: 'k' })
  await rest('r01-failed', 'failed', 'STEP_FAILED')
  await begin('r02-queued', { key: 'k' })
  await begin('r03-refused', { flow: 'other' })
  await rest('r03-refused', 'failed', 'UPSTREAM_REFUSED')
  await begin('r04-parked')
  await rest('r04-parked', 'parked', 'OUTCOME_UNKNOWN')
  await begin('r05-waiting', { key: 'l' })
  await rest('r05-waiting', 'waiting')
  await begin('r06-done', { flow: 'other' })
  await rest('r06-done', 'completed')
  await journal.deliver(event('t/1', { at: at('r07'), starts: [start('r07-evented')] }))
  await begin('a-name-of-ones-own')
  await begin('r09-done')
  await rest('r09-done', 'completed')
}

export function listSuite(harness: () => JournalHarness): void {
  describe('list', () => {
    test('goes from the newest to the oldest, whatever they are named, and continues where a page ended', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'z', 'a', 'r2')
      const first = await journal.list({ tenant, limit: 2 })
      expect(runsOf(first.runs)).toEqual(['r2', 'a'])
      expect(first.next).not.toBeNull()
      await started(journal, 'r3')
      const second = await journal.list({ tenant, limit: 2, before: first.next! })
      expect(runsOf(second.runs)).toEqual(['z', 'r1'])
      expect(second.next).toBeNull()
    })

    test('a filter finds just the runs that it means', async () => {
      const { journal } = harness()
      await variety(journal)
      const cases: readonly (readonly [Asked, readonly string[]])[] = [
        [{ flow: 'other' }, ['r06-done', 'r03-refused']],
        [{ status: ['queued'] }, ['r02-queued']],
        [{ status: ['ready'] }, ['a-name-of-ones-own', 'r07-evented']],
        [{ status: ['completed'] }, ['r09-done', 'r06-done']],
        [{ status: ['failed'] }, ['r03-refused', 'r01-failed']],
        [{ status: ['failed', 'parked'] }, ['r04-parked', 'r03-refused', 'r01-failed']],
        [
          { status: ['ready', 'queued', 'waiting', 'parked'] },
          ['a-name-of-ones-own', 'r07-evented', 'r05-waiting', 'r04-parked', 'r02-queued'],
        ],
        [{ status: ['completed', 'waiting'] }, ['r09-done', 'r06-done', 'r05-waiting']],
        [{ status: [] }, []],
        [{ key: 'k' }, ['r02-queued', 'r01-failed']],
        [{ key: 'k', status: ['failed'] }, ['r01-failed']],
        [{ code: 'UPSTREAM_REFUSED' }, ['r03-refused']],
        [{ code: 'UPSTREAM_REFUSED', status: ['parked', 'completed'] }, []],
        [{ code: 'OUTCOME_UNKNOWN', flow: 'order-paid' }, ['r04-parked']],
        [{ flow: 'other', status: ['completed'] }, ['r06-done']],
        [{ flow: 'other', status: ['failed', 'ready'] }, ['r03-refused']],
        [{ flow: 'none' }, []],
      ]
      for (const [query, expected] of cases) {
        expect([query, await listed(journal, query)]).toEqual([query, expected])
        expect([query, await listed(journal, query, 1)]).toEqual([query, expected])
      }
    })

    test('by the time of creation: from since on, before until', async () => {
      const { journal } = harness()
      await variety(journal)
      const minute = 60_000
      expect(await listed(journal, { since: 4 * minute, until: 7 * minute })).toEqual([
        'r06-done',
        'r05-waiting',
        'r04-parked',
      ])
      expect(await listed(journal, { since: 9 * minute })).toEqual(['r09-done'])
      expect(await listed(journal, { until: 2 * minute + 1, status: ['failed', 'queued'] }, 1)).toEqual([
        'r02-queued',
        'r01-failed',
      ])
      expect(await listed(journal, { since: 3 * minute, flow: 'other', status: ['failed'] })).toEqual(['r03-refused'])
      expect(await listed(journal, { until: 1 })).toEqual([])
      expect(await listed(journal, { since: 100 * minute })).toEqual([])
    })

    test('by an event: the runs that it started, and those that it reached', async () => {
      const { journal } = harness()
      await variety(journal)
      await journal.append(append(journal, 'r05-waiting', 1, { waits: [wait('s', { shipment: '7' })] }))
      await journal.deliver(delivered('t/2', { shipment: '7' }))
      expect(await listed(journal, { event: 't/1' })).toEqual(['r07-evented'])
      expect(await listed(journal, { event: 't/2' })).toEqual(['r05-waiting'])
      expect(await listed(journal, { event: 't/2', flow: 'other' })).toEqual([])
      expect(await listed(journal, { event: 't/1', status: ['ready'], id: 'r07' })).toEqual(['r07-evented'])
      expect(await listed(journal, { event: 't/3' })).toEqual([])
    })

    test('by id: those that begin with it, then those that end with it, each by id', async () => {
      const { journal } = harness()
      await started(
        journal,
        'abc1',
        'xyabc',
        start('abc9', { flow: 'other' }),
        'zabc',
        'abcabc',
        'nothing',
        'ABC',
        'ab_',
        'aby',
      )
      for (const limit of [100, 2, 1])
        expect(await listed(journal, { id: 'abc' }, limit)).toEqual(['abcabc', 'abc9', 'abc1', 'zabc', 'xyabc'])
      expect(await listed(journal, { id: 'abc', flow: 'other' })).toEqual(['abc9'])
      expect(await listed(journal, { id: 'ab_' })).toEqual(['ab_'])
      expect(await listed(journal, { id: 'abc', since: 2 })).toEqual([])
    })

    test('what is no end of a page is refused', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      for (const before of ['', 'r1', 'n', 'nZZ', 'b:r1', `n${'z'.repeat(40)}`])
        await expect(journal.list({ tenant, limit: 1, before })).rejects.toMatchObject({
          code: 'INPUT_INVALID',
        })
      for (const before of ['n1', 'b:', 'q:r1'])
        await expect(journal.list({ tenant, limit: 1, id: 'r1', before })).rejects.toMatchObject({
          code: 'INPUT_INVALID',
        })
    })

    test('counts follow every run through its states, flow by flow', async () => {
      const { journal } = harness()
      await variety(journal)
      expect(await journal.counts(tenant)).toEqual({
        ready: 2,
        queued: 1,
        waiting: 1,
        parked: 1,
        completed: 2,
        failed: 2,
        cancelled: 0,
      })
      const byFlow = await journal.countsByFlow(tenant)
      expect(Object.keys(byFlow).sort()).toEqual(['order-paid', 'other'])
      expect(byFlow['other']).toMatchObject({ completed: 1, failed: 1, ready: 0 })
      expect(byFlow['order-paid']).toMatchObject({ completed: 1, failed: 1, ready: 2, queued: 1 })
      expect(await journal.countsByFlow('stranger')).toEqual({})
    })

    test('a run knows who holds its key, and who waits behind it', async () => {
      const { journal } = harness()
      await started(
        journal,
        ...['r1', 'r2', 'r3', 'r4'].map((run) => start(run, { key: 'k' })),
        start('other', { key: 'l' }),
        start('foreign', { key: 'k', flow: 'other' }),
        'free',
      )
      const behind = (run: string, limit = 10): Promise<unknown> => journal.line(tenant, run, limit)
      const at = (...runs: string[]): object[] => runs.map((run) => ({ run, createdAt: 1 }))
      expect(await behind('r1')).toEqual({ ahead: null, behind: at('r2', 'r3', 'r4'), behindCount: 3 })
      expect(await behind('r1', 2)).toEqual({ ahead: null, behind: at('r2', 'r3'), behindCount: 3 })
      expect(await behind('r3')).toEqual({ ahead: 'r1', behind: at('r4'), behindCount: 1 })
      const nobody = { ahead: null, behind: [], behindCount: 0 }
      for (const run of ['other', 'foreign', 'free', 'none']) expect([run, await behind(run)]).toEqual([run, nobody])
      expect(await journal.line('stranger', 'r1', 10)).toEqual(nobody)
      await journal.append(append(journal, 'r1', 0, { bodies: ['x'], state: state('completed') }))
      expect(await behind('r1')).toEqual(nobody)
      expect(await behind('r2')).toEqual({ ahead: null, behind: at('r3', 'r4'), behindCount: 2 })
    })
  })
}
