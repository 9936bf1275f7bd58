import { describe, expect, test } from 'vitest'
import type { JournalHarness } from '../journal.suite.ts'
import { append, delivered, event, message, start, startMessage, state, wait } from './make.ts'

const tenants = ['one', 'two'] as const

export function tenantSuite(harness: () => JournalHarness): void {
  describe('tenants', () => {
    test('SEC-09: equal ids of two tenants are different things', async () => {
      const { journal } = harness()
      for (const tenant of tenants) {
        expect(
          await journal.deliver({ ...event('t/1', { starts: [start('r1', { key: 'k' })], body: tenant }), tenant }),
        ).toMatchObject({ outcome: 'written', started: [{ status: 'ready' }] })
        expect(await journal.deliver({ ...message('r1', 'm', { body: tenant }), tenant })).toMatchObject({
          reached: [{ tenant }],
        })
        await journal.append(append(journal, 'r1', 0, { bodies: [tenant], tenant }))
      }
      for (const tenant of tenants) {
        expect(await journal.event(tenant, 't/1')).toMatchObject({ body: tenant, runs: ['r1'] })
        expect(await journal.entries(tenant, 'r1')).toMatchObject([{ seq: 1, body: JSON.stringify(tenant) }])
        expect(await journal.inbox({ tenant, run: 'r1' })).toMatchObject([{ body: tenant }])
        expect(await journal.list({ tenant, limit: 10 })).toMatchObject({ runs: [{ tenant, run: 'r1' }] })
        expect(await journal.counts(tenant)).toMatchObject({ ready: 1 })
      }
    })

    test('SEC-09: nothing of one tenant is found, reached or changed by another', async () => {
      const { journal } = harness()
      await journal.deliver({ ...startMessage('r1'), tenant: 'one' })
      await journal.append(
        append(journal, 'r1', 0, {
          bodies: ['a'],
          waits: [wait('s', { shipment: '1' })],
          state: state('waiting'),
          tenant: 'one',
        }),
      )
      await journal.deliver({ ...delivered('t/1', { shipment: '2' }), tenant: 'one' })
      const tenant = 'two'
      expect(await journal.find(tenant, 'r1')).toBeNull()
      expect(await journal.entries(tenant, 'r1')).toEqual([])
      expect(await journal.event(tenant, 't/1')).toBeNull()
      expect(await journal.load([{ tenant, run: 'r1' }])).toEqual([null])
      expect(await journal.inbox({ tenant, run: 'r1' })).toEqual([])
      expect(await journal.deliver({ ...message('r1', 'm'), tenant })).toEqual({ outcome: 'refused', status: null })
      expect(await journal.append(append(journal, 'r1', 1, { bodies: ['b'], tenant }))).toEqual({
        outcome: 'conflict',
        lastSeq: 0,
      })
      expect(await journal.deliver({ ...delivered('t/2', { shipment: '1' }), tenant })).toMatchObject({ reached: [] })
      await journal.deliver({ ...startMessage('r2'), tenant })
      const late = append(journal, 'r2', 0, { bodies: ['a'], waits: [wait('s', { shipment: '2' })], tenant })
      expect(await journal.append(late)).toMatchObject({ reached: [] })
      expect(await journal.find('one', 'r1')).toMatchObject({ status: 'waiting', lastSeq: 1 })
    })

    test("SEC-09: a parent of another tenant does not learn of a child's end", async () => {
      const { journal } = harness()
      await journal.deliver({ ...startMessage('p'), tenant: 'one' })
      await journal.deliver({ ...startMessage('c', { parent: { run: 'p', step: 's' } }), tenant: 'two' })
      const end = append(journal, 'c', 0, {
        bodies: ['a'],
        state: state('completed', { toParent: '1' }),
        tenant: 'two',
      })
      expect(await journal.append(end)).toMatchObject({ reached: [] })
      expect(await journal.inbox({ tenant: 'one', run: 'p' })).toEqual([])
    })
  })
}
