import { describe, expect, test } from 'vitest'
import type { EventMessage } from '../journal.ts'
import type { JournalHarness } from '../journal.suite.ts'
import { append, delivered, event, runsOf, start, started, startMessage, tenant, wait } from './make.ts'

export function deliverSuite(harness: () => JournalHarness): void {
  describe('deliver', () => {
    test('WHI-01: event, dedupe key, starts and waits are one write', async () => {
      const { journal } = harness()
      await started(journal, 'w1')
      await journal.append(append(journal, 'w1', 0, { bodies: ['a'], waits: [wait('s', { shipment: '1' })] }))
      const receipt = await journal.deliver(
        delivered('t/1', { shipment: '1' }, { starts: [start('r1'), start('r2', { flow: 'other' })] }),
      )
      expect(receipt).toEqual({
        outcome: 'written',
        started: [
          { run: 'r1', status: 'ready' },
          { run: 'r2', status: 'ready' },
        ],
        reached: [{ tenant, run: 'w1' }],
      })
      expect(await journal.event(tenant, 't/1')).toMatchObject({
        key: 't/1',
        type: 'shipment.delivered',
        at: 5,
        body: '{"id":"t/1"}',
      })
      expect([...(await journal.event(tenant, 't/1'))!.runs].sort()).toEqual(['r1', 'r2', 'w1'])
      const runs = await journal.load([{ tenant, run: 'r1' }])
      expect(runs[0]).toMatchObject({ input: '{"id":"t/1"}', row: { eventKey: 't/1', createdAt: 5, lastSeq: 0 } })
    })

    test('WHI-05: a second delivery is a duplicate that tells the runs of the first, until the window ends', async () => {
      const { journal } = harness()
      await journal.deliver(event('t/1', { starts: [start('r1')], dedupeUntil: 100 }))
      const again = (run: string, at: number): EventMessage =>
        event('t/1', { starts: [start(run)], at, dedupeUntil: 200, body: '"second"' })
      expect(await journal.deliver(again('r2', 99))).toEqual({ outcome: 'duplicate', runs: ['r1'] })
      const next = await harness().reopen()
      expect(await next.deliver(again('r2', 99))).toEqual({ outcome: 'duplicate', runs: ['r1'] })
      expect(await next.find(tenant, 'r2')).toBeNull()
      expect(await next.deliver(again('r3', 100))).toMatchObject({ outcome: 'written' })
      expect(await next.deliver(again('r4', 199))).toEqual({ outcome: 'duplicate', runs: ['r3'] })
      // The first run keeps its own event.
      const loaded = await next.load([
        { tenant, run: 'r1' },
        { tenant, run: 'r3' },
      ])
      expect(loaded.map((run) => run!.input)).toEqual(['{"id":"t/1"}', '"second"'])
      expect(await next.event(tenant, 't/1')).toMatchObject({ body: '"second"', runs: ['r3'] })
    })

    test('WHI-05: 50 parallel deliveries of each of 200 ids start one run each', async () => {
      const { journal } = harness()
      const all: Promise<string>[] = []
      for (let id = 0; id < 200; id += 1) {
        for (let copy = 0; copy < 50; copy += 1) {
          all.push(
            journal
              .deliver(event(`t/${id}`, { starts: [start(`r-${id}-${copy}`)] }))
              .then((receipt) => receipt.outcome),
          )
        }
      }
      const outcomes = await Promise.all(all)
      expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(200)
      expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(200 * 49)
      expect(await journal.counts(tenant)).toMatchObject({ ready: 200 })
    })

    test('DUR-19: 100 parallel starts with one run id are one run', async () => {
      const { journal } = harness()
      const receipts = await Promise.all(Array.from({ length: 100 }, () => journal.deliver(startMessage('r1'))))
      expect(receipts.filter((receipt) => receipt.outcome === 'written')).toEqual([
        { outcome: 'written', started: [{ run: 'r1', status: 'ready' }], reached: [] },
      ])
      expect(receipts.filter((receipt) => receipt.outcome === 'duplicate')).toHaveLength(99)
      expect(receipts.at(-1)).toEqual({ outcome: 'duplicate', runs: ['r1'] })
      expect(runsOf((await journal.list({ tenant, limit: 10 })).runs)).toEqual(['r1'])
    })

    test('DUR-19: an event that would start an existing run starts the others only', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      const receipt = await journal.deliver(event('t/1', { starts: [start('r1'), start('r2')] }))
      expect(receipt).toMatchObject({ outcome: 'written', started: [{ run: 'r2', status: 'ready' }] })
      expect((await journal.event(tenant, 't/1'))!.runs).toEqual(['r2'])
      expect(await journal.find(tenant, 'r1')).toMatchObject({ eventKey: null })
    })

    test('DUR-18: a cursor moves with its event', async () => {
      const { journal } = harness()
      expect(await journal.cursor(tenant, 'orders')).toBeNull()
      await journal.deliver(event('t/1', { cursor: { name: 'orders', value: 'page-1' } }))
      expect(await journal.cursor(tenant, 'orders')).toBe('page-1')
      await journal.deliver(event('t/2', { cursor: { name: 'orders', value: 'page-2' } }))
      const next = await harness().reopen()
      expect(await next.cursor(tenant, 'orders')).toBe('page-2')
      expect(await next.cursor('other', 'orders')).toBeNull()
    })

    test('a cursor moves by itself, and is found among those whose names begin alike', async () => {
      const { journal } = harness()
      const move = (name: string, value: string, of = tenant): Promise<unknown> =>
        journal.deliver({ kind: 'cursor', tenant: of, at: 1, name, value })
      expect(await move('paused/a', '1')).toEqual({ outcome: 'written', started: [], reached: [] })
      await move('paused/a', '2')
      await move('paused/b', '3', 'other')
      await move('Paused/c', '4')
      const next = await harness().reopen()
      expect(await next.cursor(tenant, 'paused/a')).toBe('2')
      expect(await next.cursor(tenant, 'paused/b')).toBeNull()
      const found = await next.cursors('paused/')
      expect(found.toSorted((left, right) => (left.name < right.name ? -1 : 1))).toEqual([
        { tenant, name: 'paused/a', value: '2' },
        { tenant: 'other', name: 'paused/b', value: '3' },
      ])
      expect(await next.cursors('none')).toEqual([])
      await expect(move('', '1')).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    })

    test('ready runs are read without those of given flows, tenant by tenant', async () => {
      const { journal } = harness()
      await started(journal, 'r1', start('r2', { flow: 'other' }), 'r3')
      await journal.deliver({ ...startMessage('r4'), tenant: 'two' })
      const ready = async (...without: { tenant: string; flow: string }[]): Promise<string[]> =>
        runsOf(await journal.ready({ limit: 10, without }))
      expect(await ready()).toEqual(['r1', 'r2', 'r3', 'r4'])
      expect(await ready({ tenant, flow: 'order-paid' })).toEqual(['r2', 'r4'])
      expect(await ready({ tenant, flow: 'order-paid' }, { tenant: 'two', flow: 'order-paid' })).toEqual(['r2'])
      expect(await ready({ tenant: 'two', flow: 'other' })).toEqual(['r1', 'r2', 'r3', 'r4'])
    })

    test('a start that carries its input beside an event does not take the event for it', async () => {
      const { journal } = harness()
      await journal.deliver(
        event('t/1', { starts: [start('r1', { input: '"own"' })], values: [{ hash: 'h', body: 'large' }] }),
      )
      expect((await journal.load([{ tenant, run: 'r1' }]))[0]).toMatchObject({
        input: '"own"',
        row: { eventKey: null },
      })
      expect(await journal.values(['h'])).toEqual(['large'])
    })

    test('DUR-14: messages with ids that cannot be kept apart are refused', async () => {
      const { journal } = harness()
      for (const bad of ['', 'a b', 'x'.repeat(201)]) {
        await expect(journal.deliver(event(bad))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
        await expect(journal.deliver({ ...event('t/1'), tenant: bad })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
        await expect(journal.deliver(event('t/1', { starts: [start(bad)] }))).rejects.toMatchObject({
          code: 'INPUT_INVALID',
        })
        await expect(journal.deliver(startMessage(bad))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
      }
      await expect(journal.deliver(startMessage('r1', { key: '' }))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
      expect(await journal.list({ tenant, limit: 10 })).toEqual({ runs: [], next: null })
    })
  })
}
