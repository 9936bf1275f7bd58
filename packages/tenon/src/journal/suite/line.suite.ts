import { describe, expect, test } from 'vitest'
import type { JournalHarness } from '../journal.suite.ts'
import { append, event, message, runsOf, start, started, startMessage, state, tenant } from './make.ts'

export function lineSuite(harness: () => JournalHarness): void {
  describe('the line of a key', () => {
    test('WHI-08: runs of one key stand in the order of arrival; each end readies the next', async () => {
      const { journal } = harness()
      const receipts = [
        await journal.deliver(event('t/1', { starts: [start('r9', { key: 'k' })] })),
        await journal.deliver(startMessage('r5', { key: 'k' })),
        await journal.deliver(event('t/2', { starts: [start('r1', { key: 'k' })] })),
      ]
      expect(receipts.map((receipt) => receipt.outcome === 'written' && receipt.started[0]!.status)).toEqual([
        'ready',
        'queued',
        'queued',
      ])
      expect(runsOf(await journal.ready({ limit: 10 }))).toEqual(['r9'])
      const first = await journal.append(append(journal, 'r9', 0, { bodies: ['a'], state: state('completed') }))
      expect(first).toMatchObject({ readied: [{ tenant, run: 'r5' }] })
      expect(runsOf(await journal.ready({ limit: 10 }))).toEqual(['r5'])
      const next = await harness().reopen()
      expect(await next.append(append(next, 'r5', 0, { bodies: ['a'], state: state('cancelled') }))).toMatchObject({
        readied: [{ run: 'r1' }],
      })
      expect(await next.find(tenant, 'r1')).toMatchObject({ status: 'ready', inLine: true, key: 'k' })
      expect(await next.append(append(next, 'r1', 0, { bodies: ['a'], state: state('completed') }))).toMatchObject({
        readied: [],
      })
      expect(await next.deliver(startMessage('r2', { key: 'k' }))).toMatchObject({ started: [{ status: 'ready' }] })
    })

    test('a waiting, parked or failed run holds its key; one that leaves the line lets the next pass', async () => {
      const { journal } = harness()
      await started(journal, start('r1', { key: 'k' }), start('r2', { key: 'k' }), start('r3', { key: 'k' }))
      for (const [index, status] of (['waiting', 'parked', 'failed'] as const).entries()) {
        expect(
          await journal.append(append(journal, 'r1', index, { bodies: [status], state: state(status) })),
        ).toMatchObject({ readied: [] })
      }
      expect(await journal.find(tenant, 'r1')).toMatchObject({ status: 'failed', inLine: true })
      const leaving = append(journal, 'r1', 3, { bodies: ['skip'], state: state('parked', { leaveLine: true }) })
      expect(await journal.append(leaving)).toMatchObject({ readied: [{ run: 'r2' }] })
      const firstWait = append(journal, 'r2', 0, {
        bodies: ['a'],
        state: state('waiting', { wakeAt: 50, leaveLine: true }),
      })
      expect(await journal.append(firstWait)).toMatchObject({ readied: [{ run: 'r3' }] })
      expect(await journal.find(tenant, 'r2')).toMatchObject({ status: 'waiting', inLine: false })
    })

    test('a queued run that is cancelled leaves the line without readying anyone', async () => {
      const { journal } = harness()
      await started(journal, start('r1', { key: 'k' }), start('r2', { key: 'k' }), start('r3', { key: 'k' }))
      expect(await journal.deliver(message('r2', 'm1', { type: 'cancel' }))).toMatchObject({ reached: [{ run: 'r2' }] })
      expect(await journal.find(tenant, 'r2')).toMatchObject({ status: 'queued' })
      expect(
        await journal.append(append(journal, 'r2', 0, { bodies: ['a'], state: state('cancelled') })),
      ).toMatchObject({ readied: [] })
      expect(
        await journal.append(append(journal, 'r1', 0, { bodies: ['a'], state: state('completed') })),
      ).toMatchObject({ readied: [{ run: 'r3' }] })
    })

    test('other keys, other flows and other tenants have lines of their own', async () => {
      const { journal } = harness()
      await started(
        journal,
        start('r1', { key: 'k' }),
        start('r2', { key: 'l' }),
        start('r3', { key: 'k', flow: 'other' }),
      )
      await journal.deliver({ ...startMessage('r4', { key: 'k' }), tenant: 'other' })
      expect(await journal.counts(tenant)).toMatchObject({ ready: 3, queued: 0 })
      expect(await journal.counts('other')).toMatchObject({ ready: 1, queued: 0 })
    })

    test('children stand in line as well', async () => {
      const { journal } = harness()
      await started(journal, start('r1', { key: 'k' }), 'r2')
      const children = ['c1', 'c2'].map((run) => ({ ...start(run, { key: 'k' }), input: '1' }))
      expect(await journal.append(append(journal, 'r2', 0, { bodies: ['a'], starts: children }))).toMatchObject({
        readied: [],
      })
      const end = append(journal, 'r1', 0, { bodies: ['a'], state: state('completed') })
      expect(await journal.append(end)).toMatchObject({ readied: [{ run: 'c1' }] })
    })

    test('ready goes from old to new, by flow, without those left out', async () => {
      const { journal } = harness()
      await started(journal, 'r9', start('r8', { flow: 'b' }), 'r7', start('r6', { flow: 'a' }))
      expect(runsOf(await journal.ready({ limit: 10 }))).toEqual(['r9', 'r8', 'r7', 'r6'])
      expect(runsOf(await journal.ready({ limit: 2 }))).toEqual(['r9', 'r8'])
      expect(runsOf(await journal.ready({ limit: 2, except: new Set(['r9', 'r7']) }))).toEqual(['r8', 'r6'])
      expect(runsOf(await journal.ready({ limit: 10, flow: 'order-paid' }))).toEqual(['r9', 'r7'])
    })
  })
}
