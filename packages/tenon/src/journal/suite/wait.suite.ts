import { describe, expect, test } from 'vitest'
import type { Journal, NewWait } from '../journal.ts'
import type { JournalHarness } from '../journal.suite.ts'
import { append, delivered, start, started, startMessage, state, tenant, wait } from './make.ts'

async function waitingRun(journal: Journal, run: string, ...waits: readonly NewWait[]): Promise<void> {
  await started(journal, run)
  await journal.append(append(journal, run, 0, { bodies: ['a'], waits, state: state('waiting') }))
}

async function inboxNames(journal: Journal, run: string): Promise<(string | null)[]> {
  return (await journal.inbox({ tenant, run })).map((message) => message.name)
}

export function waitSuite(harness: () => JournalHarness): void {
  describe('waits', () => {
    test('an event makes the waiting run ready and stands in its inbox', async () => {
      const { journal } = harness()
      await waitingRun(journal, 'r1', wait('s', { shipment: '1' }))
      expect(await journal.deliver(delivered('t/1', { shipment: '1', awb: 'x' }))).toMatchObject({
        reached: [{ tenant, run: 'r1' }],
      })
      expect(await journal.inbox({ tenant, run: 'r1' })).toEqual([
        { position: expect.any(Number), kind: 'event', name: 's', body: '{"id":"t/1"}', at: 5 },
      ])
      expect(await journal.find(tenant, 'r1')).toMatchObject({ status: 'ready', wakeAt: null })
    })

    test('all fields must be equal', async () => {
      const { journal } = harness()
      await waitingRun(journal, 'r1', wait('s', { shipment: '1', leg: '2' }))
      const miss = [{ shipment: '1' }, { shipment: '1', leg: '3' }, { leg: '2' }, { shipment: '2', leg: '1' }]
      for (const [index, fields] of miss.entries())
        expect(await journal.deliver(delivered(`t/${index}`, fields as Record<string, string>))).toMatchObject({
          reached: [],
        })
      await journal.deliver(delivered('t/type', { shipment: '1', leg: '2' }, { type: 'shipment.lost' }))
      expect(await inboxNames(journal, 'r1')).toEqual([])
      expect(await journal.deliver(delivered('t/hit', { leg: '2', shipment: '1', more: '3' }))).toMatchObject({
        reached: [{ tenant, run: 'r1' }],
      })
    })

    test('rule 18: one event satisfies the waits of several runs, each once', async () => {
      const { journal } = harness()
      await waitingRun(journal, 'r1', wait('s', { shipment: '1' }))
      await waitingRun(journal, 'r2', wait('s', { account: 'a' }))
      const receipt = await journal.deliver(delivered('t/1', { shipment: '1', account: 'a' }))
      expect(receipt).toMatchObject({ reached: [{ run: 'r1' }, { run: 'r2' }] })
      expect(await journal.deliver(delivered('t/2', { shipment: '1', account: 'a' }))).toMatchObject({ reached: [] })
    })

    test('rule 17: two waits of one run never get the same event', async () => {
      const { journal } = harness()
      await waitingRun(journal, 'r1', wait('first', { shipment: '1' }), wait('second', { shipment: '1', leg: '1' }))
      await journal.deliver(delivered('t/1', { shipment: '1', leg: '1' }))
      expect(await inboxNames(journal, 'r1')).toEqual(['first'])
      await journal.deliver(delivered('t/1', { shipment: '1', leg: '1' }))
      expect(await inboxNames(journal, 'r1')).toEqual(['first'])
      await journal.deliver(delivered('t/2', { shipment: '1', leg: '1' }))
      expect(await inboxNames(journal, 'r1')).toEqual(['first', 'second'])
      // Nor does a later wait look back on an event that the run had.
      await journal.append(append(journal, 'r1', 1, { bodies: ['b'], waits: [wait('third', { shipment: '1' })] }))
      expect(await inboxNames(journal, 'r1')).toEqual(['first', 'second'])
    })

    test('rule 17: an event that came before the wait is found, the earliest first, not before `since`', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      await journal.deliver(delivered('t/0', { shipment: '1', leg: '1' }, { at: 3 }))
      await journal.deliver(delivered('t/1', { shipment: '1', leg: '1' }, { at: 6 }))
      await journal.deliver(delivered('t/2', { shipment: '1', leg: '1' }, { at: 7 }))
      await journal.deliver(delivered('t/3', { shipment: '2', leg: '1' }, { at: 7 }))
      const receipt = await journal.append(
        append(journal, 'r1', 0, {
          bodies: ['a'],
          waits: [wait('s', { leg: '1', shipment: '1' }, { since: 4 })],
          state: state('waiting'),
        }),
      )
      expect(receipt).toEqual({ outcome: 'written', readied: [], reached: [{ tenant, run: 'r1' }] })
      expect(await journal.inbox({ tenant, run: 'r1' })).toMatchObject([
        { kind: 'event', name: 's', body: '{"id":"t/1"}', at: 6 },
      ])
      expect((await journal.event(tenant, 't/1'))!.runs).toEqual(['r1'])
      expect(await journal.find(tenant, 'r1')).toMatchObject({ status: 'ready' })
    })

    test('CLU-05: without `since`, what came after the run was started is found and nothing else, whatever the clocks of those who took it said', async () => {
      const { journal } = harness()
      await journal.deliver(delivered('t/before', { shipment: '1' }, { at: 99 }))
      await journal.deliver({ ...startMessage('r1'), at: 50 })
      await journal.deliver(delivered('t/after', { shipment: '1' }, { at: 3 }))
      const waits = [wait('s', { shipment: '1' }, { since: null }), wait('other', { shipment: '1' }, { since: null })]
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'], waits, state: state('waiting') }))
      expect(await journal.inbox({ tenant, run: 'r1' })).toMatchObject([{ name: 's', body: '{"id":"t/after"}' }])
    })

    test('the event that started a run is not what it waits for', async () => {
      const { journal } = harness()
      await journal.deliver(delivered('t/1', { shipment: '1' }, { starts: [start('r1')] }))
      const receipt = await journal.append(
        append(journal, 'r1', 0, { bodies: ['a'], waits: [wait('s', { shipment: '1' })], state: state('waiting') }),
      )
      expect(receipt).toMatchObject({ reached: [] })
      expect(await journal.find(tenant, 'r1')).toMatchObject({ status: 'waiting' })
    })

    test('events that nobody may wait for are not found', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      await journal.deliver(delivered('t/1', { shipment: '1' }, { keepUntil: 0 }))
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'], waits: [wait('s', { shipment: '1' })] }))
      expect(await inboxNames(journal, 'r1')).toEqual([])
    })

    test('a wait that ended is not satisfied any more, nor is that of a run that completed', async () => {
      const { journal } = harness()
      await waitingRun(journal, 'r1', wait('s', { shipment: '1' }))
      await waitingRun(journal, 'r2', wait('s', { shipment: '1' }))
      await journal.append(append(journal, 'r1', 1, { bodies: ['timeout'], endedWaits: ['s'] }))
      await journal.append(append(journal, 'r2', 1, { bodies: ['end'], state: state('completed') }))
      expect(await journal.deliver(delivered('t/1', { shipment: '1' }))).toMatchObject({ reached: [] })
      expect(await inboxNames(journal, 'r1')).toEqual([])
    })

    test('waits and kept events outlive the process', async () => {
      const { journal } = harness()
      await waitingRun(journal, 'r1', wait('s', { shipment: '1' }))
      await started(journal, 'r2')
      await journal.deliver(delivered('t/2', { shipment: '2' }))
      const next = await harness().reopen()
      expect(await next.deliver(delivered('t/1', { shipment: '1' }))).toMatchObject({ reached: [{ run: 'r1' }] })
      await next.append(append(next, 'r2', 0, { bodies: ['a'], waits: [wait('s', { shipment: '2' })] }))
      expect(await inboxNames(next, 'r2')).toEqual(['s'])
    })

    test('of a thousand waits one event finds its own', async () => {
      const { journal } = harness()
      for (let count = 0; count < 1000; count += 1)
        void journal.deliver({ kind: 'start', tenant, at: 1, start: { ...start(`r${count}`), input: '1' } })
      const appends = Array.from({ length: 1000 }, (_, index) =>
        journal.append(
          append(journal, `r${index}`, 0, {
            bodies: ['a'],
            waits: [wait('s', { shipment: String(index) })],
            state: state('waiting'),
          }),
        ),
      )
      await Promise.all(appends)
      expect(await journal.deliver(delivered('t/1', { shipment: '700' }))).toMatchObject({ reached: [{ run: 'r700' }] })
      expect(await journal.counts(tenant)).toMatchObject({ waiting: 999, ready: 1 })
    })
  })
}
