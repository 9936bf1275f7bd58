import { describe, expect, test } from 'vitest'
import type { JournalHarness } from '../journal.suite.ts'
import { append, message, start, started, state, tenant } from './make.ts'

export function messageSuite(harness: () => JournalHarness): void {
  describe('messages to a run', () => {
    test('DUR-09: each message id counts once, also after it was consumed', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      const receipts = await Promise.all(Array.from({ length: 20 }, () => journal.deliver(message('r1', 'm1'))))
      expect(receipts.filter((receipt) => receipt.outcome === 'written')).toEqual([
        { outcome: 'written', started: [], reached: [{ tenant, run: 'r1' }] },
      ])
      const [got] = await journal.inbox({ tenant, run: 'r1' })
      expect(got).toEqual({ position: expect.any(Number), kind: 'signal', name: 'go', body: '"now"', at: 5 })
      const took = append(journal, 'r1', 0, { bodies: ['signal'], consumed: [got!.position] })
      expect(await journal.append(took)).toEqual({ outcome: 'written', readied: [], reached: [] })
      expect(await journal.inbox({ tenant, run: 'r1' })).toEqual([])
      expect(await journal.deliver(message('r1', 'm1'))).toEqual({ outcome: 'duplicate', runs: ['r1'] })
    })

    test('they are kept in order, and positions are never used again', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      for (const id of ['m1', 'm2', 'm3']) await journal.deliver(message('r1', id, { name: id }))
      const inbox = await journal.inbox({ tenant, run: 'r1' })
      expect(inbox.map((one) => one.name)).toEqual(['m1', 'm2', 'm3'])
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'], consumed: inbox.map((one) => one.position) }))
      const next = await harness().reopen()
      await next.deliver(message('r1', 'm4'))
      const [last] = await next.inbox({ tenant, run: 'r1' })
      expect(last!.position).toBeGreaterThan(inbox[2]!.position)
    })

    test('a message wakes a waiting and a parked run; an ended run refuses it', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2', 'r3', 'r4', 'r5')
      const ends = { r1: 'waiting', r2: 'parked', r3: 'completed', r4: 'cancelled', r5: 'failed' } as const
      for (const [run, status] of Object.entries(ends))
        await journal.append(
          append(journal, run, 0, { bodies: ['a'], state: state(status, { wakeAt: 50, code: 'X' }) }),
        )
      for (const run of ['r1', 'r2']) {
        expect(await journal.deliver(message(run, 'm'))).toMatchObject({ outcome: 'written' })
        expect(await journal.find(tenant, run)).toMatchObject({ status: 'ready', wakeAt: null, code: null })
      }
      for (const [run, status] of Object.entries(ends).slice(2))
        expect(await journal.deliver(message(run, 'm'))).toEqual({ outcome: 'refused', status })
      expect(await journal.deliver(message('nobody', 'm'))).toEqual({ outcome: 'refused', status: null })
      expect(await journal.inbox({ tenant, run: 'r5' })).toEqual([])
    })

    test('only a failed run takes a retry; it is ready again and keeps its place, or enters no line', async () => {
      const { journal } = harness()
      await started(
        journal,
        start('r1', { key: 'k' }),
        start('r2', { key: 'k' }),
        start('r3', { key: 'l' }),
        start('r4', { key: 'l' }),
      )
      const retry = (run: string): ReturnType<typeof journal.deliver> =>
        journal.deliver(message(run, 'retry-1', { type: 'retry', to: 'failed' }))
      expect(await retry('r1')).toEqual({ outcome: 'refused', status: 'ready' })
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'], state: state('failed', { code: 'STEP_FAILED' }) }))
      await journal.append(append(journal, 'r3', 0, { bodies: ['a'], state: state('failed', { leaveLine: true }) }))
      expect(await retry('r1')).toMatchObject({ outcome: 'written', reached: [{ run: 'r1' }] })
      expect(await journal.find(tenant, 'r1')).toMatchObject({
        status: 'ready',
        inLine: true,
        endedAt: null,
        code: null,
      })
      expect(await retry('r1')).toMatchObject({ outcome: 'duplicate' })
      expect(await retry('r3')).toMatchObject({ outcome: 'written' })
      expect(await journal.find(tenant, 'r3')).toMatchObject({ status: 'ready', inLine: false })
      expect(await journal.counts(tenant)).toMatchObject({ ready: 3, queued: 1, failed: 0 })
    })

    test('DUR-09: a run with a message in its inbox neither waits nor parks, and the receipt says so', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2')
      for (const [run, status] of [
        ['r1', 'waiting'],
        ['r2', 'parked'],
      ] as const) {
        await journal.deliver(message(run, 'm'))
        const receipt = await journal.append(
          append(journal, run, 0, { bodies: ['a'], state: state(status, { wakeAt: 50, code: 'X' }) }),
        )
        expect(receipt).toEqual({ outcome: 'written', readied: [], reached: [{ tenant, run }] })
        expect(await journal.find(tenant, run)).toMatchObject({ status: 'ready', wakeAt: null, code: null })
      }
    })

    test("a child's end reaches its parent, once for each end, and wakes it", async () => {
      const { journal } = harness()
      await started(journal, 'p')
      const child = { ...start('c', { parent: { run: 'p', step: 'pay#1' } }), input: '1' }
      await journal.append(append(journal, 'p', 0, { bodies: ['a'], starts: [child], state: state('waiting') }))
      const failed = append(journal, 'c', 0, { bodies: ['a'], state: state('failed', { toParent: '"failed"' }) })
      expect(await journal.append(failed)).toEqual({ outcome: 'written', readied: [], reached: [{ tenant, run: 'p' }] })
      expect(await journal.append(failed)).toEqual({ outcome: 'duplicate' })
      expect(await journal.inbox({ tenant, run: 'p' })).toMatchObject([
        { kind: 'child', name: 'pay#1', body: '"failed"', at: 10 },
      ])
      expect(await journal.find(tenant, 'p')).toMatchObject({ status: 'ready' })
    })

    test("a child's end does not disturb a parent that has ended", async () => {
      const { journal } = harness()
      await started(journal, 'p')
      const child = { ...start('c', { parent: { run: 'p', step: 's' } }), input: '1' }
      await journal.append(append(journal, 'p', 0, { bodies: ['a'], starts: [child], state: state('cancelled') }))
      const end = append(journal, 'c', 0, { bodies: ['a'], state: state('completed', { toParent: '1' }) })
      expect(await journal.append(end)).toEqual({ outcome: 'written', readied: [], reached: [] })
      expect(await journal.find(tenant, 'p')).toMatchObject({ status: 'cancelled' })
    })
  })
}
