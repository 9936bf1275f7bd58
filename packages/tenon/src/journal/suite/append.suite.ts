import { describe, expect, test } from 'vitest'
import type { JournalHarness } from '../journal.suite.ts'
import { append, entry, epochOf, start, started, state, tenant } from './make.ts'

export function appendSuite(harness: () => JournalHarness): void {
  describe('append', () => {
    test('DUR-01: entries are dense from 1, in order, exactly as given', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      const odd = { at: 11, kind: 'note', step: null, body: 'a\nb\u0000c "é" 😀 \u001f', format: 7 }
      await journal.append({ ...append(journal, 'r1', 0), entries: [entry('a'), odd] })
      await journal.append(append(journal, 'r1', 2, { bodies: ['c'] }))
      expect(await journal.entries(tenant, 'r1')).toEqual([
        { seq: 1, ...entry('a') },
        { seq: 2, ...odd },
        { seq: 3, ...entry('c') },
      ])
      expect(await journal.find(tenant, 'r1')).toMatchObject({ lastSeq: 3, status: 'ready' })
    })

    test('DUR-01: a gap, other entries and an unknown run are conflicts that change nothing', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'] }))
      const conflict = { outcome: 'conflict', lastSeq: 1 }
      expect(await journal.append(append(journal, 'r1', 2, { bodies: ['c'] }))).toEqual(conflict)
      expect(await journal.append(append(journal, 'r1', 0, { bodies: ['b'] }))).toEqual(conflict)
      expect(await journal.append(append(journal, 'r1', 0, { bodies: ['a', 'b'] }))).toEqual(conflict)
      expect(await journal.append(append(journal, 'r1', 0, { state: state('completed') }))).toEqual(conflict)
      expect(await journal.append(append(journal, 'nobody', 0, { bodies: ['a'] }))).toEqual({
        outcome: 'conflict',
        lastSeq: 0,
      })
      expect(await journal.entries(tenant, 'r1')).toHaveLength(1)
    })

    test('DUR-03: the same entries again are a duplicate, however they are cut, and happen once', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      const first = append(journal, 'r1', 0, { bodies: ['a', 'b'], starts: [{ ...start('child'), input: '1' }] })
      expect(await journal.append(first)).toMatchObject({ outcome: 'written' })
      await journal.append(
        append(journal, 'r1', 2, { bodies: ['c'], state: state('parked', { code: 'OUTCOME_UNKNOWN' }) }),
      )
      expect(await journal.append(first)).toEqual({ outcome: 'duplicate' })
      expect(await journal.append(append(journal, 'r1', 1, { bodies: ['b', 'c'], state: state('failed') }))).toEqual({
        outcome: 'duplicate',
      })
      expect(await journal.find(tenant, 'r1')).toMatchObject({ lastSeq: 3, status: 'parked', code: 'OUTCOME_UNKNOWN' })
    })

    test('an append of an earlier epoch is fenced after the journal was opened again', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      const late = append(journal, 'r1', 0, { bodies: ['a'] })
      const next = await harness().reopen()
      expect(epochOf(next, 'r1')).toBeGreaterThan(late.epoch)
      expect(next.closedCleanly).toBe(true)
      expect(next.ownership.orphanedBefore({ tenant, run: 'r1', flow: 'order-paid', key: null })).toBe(0)
      expect(await next.append(late)).toEqual({ outcome: 'fenced', epoch: epochOf(next, 'r1') })
      expect(await next.entries(tenant, 'r1')).toEqual([])
    })

    test("rule 11: within a batch each is answered singly, and a failed one fails only its own run's later ones", async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2')
      const old = { ...append(journal, 'r2', 0, { bodies: ['x'] }), epoch: epochOf(journal, 'r2') - 1 }
      const outcomes = await Promise.all([
        journal.append(append(journal, 'r1', 0, { bodies: ['a'] })),
        journal.append(append(journal, 'r1', 5, { bodies: ['gap'] })),
        journal.append(append(journal, 'r2', 0, { bodies: ['b'] })),
        journal.append(append(journal, 'r1', 1, { bodies: ['c'] })),
        journal.append(old),
        journal.append(append(journal, 'r2', 1, { bodies: ['d'] })),
        journal.append(append(journal, 'r2', 0, { bodies: ['b'] })),
      ])
      expect(outcomes.map((receipt) => receipt.outcome)).toEqual([
        'written',
        'conflict',
        'written',
        'conflict',
        'fenced',
        'written',
        'duplicate',
      ])
      expect(await journal.entries(tenant, 'r1')).toHaveLength(1)
      expect(await journal.entries(tenant, 'r2')).toHaveLength(2)
    })

    test('DUR-16: values stand out of line, once, and come back in the order asked for', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2')
      const large = 'x'.repeat(200_000)
      await journal.append(
        append(journal, 'r1', 0, {
          bodies: ['a'],
          values: [
            { hash: 'h1', body: large },
            { hash: 'h2', body: 'two' },
          ],
        }),
      )
      await journal.append(append(journal, 'r2', 0, { bodies: ['a'], values: [{ hash: 'h1', body: large }] }))
      expect(await journal.values(['h2', 'missing', 'h1'])).toEqual(['two', null, large])
    })

    test('recoveries count until the run makes a new entry', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      const recoveries = async (): Promise<number> => (await journal.find(tenant, 'r1'))!.recoveries
      await journal.append(append(journal, 'r1', 0, { recovery: true }))
      await journal.append(append(journal, 'r1', 0, { recovery: true }))
      expect(await recoveries()).toBe(2)
      const next = await harness().reopen()
      await next.append(append(next, 'r1', 0, { bodies: ['a'] }))
      expect(await next.find(tenant, 'r1')).toMatchObject({ recoveries: 0 })
    })

    test('load gives what is needed to resume, in the order asked for, also after opening again', async () => {
      const { journal } = harness()
      await started(journal, 'r1', 'r2')
      await journal.append(append(journal, 'r1', 0, { bodies: ['a'] }))
      await journal.append(append(journal, 'r1', 1, { bodies: ['b'], state: state('waiting', { wakeAt: 99 }) }))
      const next = await harness().reopen()
      const runs = await next.load([
        { tenant, run: 'r2' },
        { tenant, run: 'none' },
        { tenant, run: 'r1' },
      ])
      expect(runs.map((run) => run?.row.run ?? null)).toEqual(['r2', null, 'r1'])
      expect(runs[2]).toMatchObject({
        input: 'null',
        row: { status: 'waiting', wakeAt: 99, lastSeq: 2, updatedAt: 10 },
      })
      expect(runs[2]!.entries.map((one) => one.seq)).toEqual([1, 2])
    })

    test('starts of an append are children that can go on, once', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      const child = { ...start('c1', { parent: { run: 'r1', step: 's' }, linked: 'r0', version: 3 }), input: '{"n":1}' }
      const receipt = await journal.append(append(journal, 'r1', 0, { bodies: ['a'], starts: [child, child] }))
      expect(receipt).toEqual({ outcome: 'written', readied: [{ tenant, run: 'c1' }], reached: [] })
      expect(await journal.find(tenant, 'c1')).toMatchObject({
        parent: { run: 'r1', step: 's' },
        linked: 'r0',
        version: 3,
        createdAt: 10,
        eventKey: null,
      })
      expect((await journal.load([{ tenant, run: 'c1' }]))[0]!.input).toBe('{"n":1}')
    })

    test('DUR-14: ids that cannot be kept apart are refused', async () => {
      const { journal } = harness()
      await started(journal, 'r1')
      for (const bad of ['', ' ', 'a b', 'a\nb', 'x'.repeat(201), 'ä']) {
        await expect(journal.append(append(journal, bad, 0))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
        await expect(journal.append({ ...append(journal, 'r1', 0), tenant: bad })).rejects.toMatchObject({
          code: 'INPUT_INVALID',
        })
        await expect(
          journal.append(append(journal, 'r1', 0, { starts: [{ ...start(bad), input: '1' }] })),
        ).rejects.toMatchObject({ code: 'INPUT_INVALID' })
      }
      const noMatch = append(journal, 'r1', 0, { waits: [{ step: 's', type: 't', match: {}, since: 0 }] })
      await expect(journal.append(noMatch)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    })
  })
}
