// DUR-05: what a released version wrote is read and continued by every later one. These say what is written, and how it goes on.
import { expect } from 'vitest'
import type { Journal } from './journal.ts'
import { append, delivered, event, message, start, started, state, tenant, wait } from './suite/make.ts'

/** One of everything that a journal holds. */
export async function writeGolden(journal: Journal): Promise<void> {
  const write = async (run: string, after: number, parts: Parameters<typeof append>[3]): Promise<void> => {
    expect(await journal.append(append(journal, run, after, parts))).toMatchObject({ outcome: 'written' })
  }
  await journal.deliver(
    event('stripe/evt_1', {
      starts: [start('completed')],
      dedupeUntil: Number.MAX_SAFE_INTEGER,
      cursor: { name: 'orders', value: 'page-7' },
    }),
  )
  await write('completed', 0, { bodies: ['a', 'b'], values: [{ hash: 'h1', body: 'a large value' }] })
  await write('completed', 2, { bodies: ['c'], state: state('completed') })
  await started(
    journal,
    'timer',
    'waiting',
    'parked',
    start('failed', { key: 'order-1' }),
    start('queued', { key: 'order-1', version: 2 }),
    'parent',
  )
  await write('timer', 0, { bodies: ['a'], state: state('waiting', { wakeAt: 5000 }), recovery: true })
  await write('waiting', 0, {
    bodies: ['a'],
    waits: [wait('delivered#1', { shipment: '17', leg: '2' })],
    state: state('waiting'),
  })
  await write('parked', 0, { bodies: ['a'], state: state('parked', { code: 'OUTCOME_UNKNOWN' }) })
  await write('failed', 0, { bodies: ['a'], state: state('failed', { code: 'STEP_FAILED' }) })
  const child = {
    ...start('child', { parent: { run: 'parent', step: 'pay#1' }, linked: 'completed' }),
    input: '{"amount":1}',
  }
  await write('parent', 0, { bodies: ['a'], starts: [child] })
  await journal.deliver(message('parent', 'signal-1'))
  await journal.deliver(delivered('shiprocket/99', { shipment: '99' }, { keepUntil: Number.MAX_SAFE_INTEGER }))
  await started(journal, 'early')
}

export async function readGolden(journal: Journal): Promise<unknown> {
  const { runs } = await journal.list({ tenant, limit: 100 })
  const rows = runs.toSorted((left, right) => (left.run < right.run ? 1 : -1))
  const loaded = await journal.load(rows.map(({ run }) => ({ tenant, run })))
  return {
    loaded: loaded.map((run) => ({ ...run, inbox: run!.inbox.map(({ position: _position, ...rest }) => rest) })),
    counts: await journal.counts(tenant),
    event: await journal.event(tenant, 'stripe/evt_1'),
    cursor: await journal.cursor(tenant, 'orders'),
    values: await journal.values(['h1']),
    nextWake: await journal.nextWake(),
  }
}

/** Everything that was begun goes on. */
export async function continueGolden(journal: Journal): Promise<void> {
  const key = (run: string): { tenant: string; run: string } => ({ tenant, run })
  expect(await journal.deliver(event('stripe/evt_1', { at: 9000, starts: [start('again')] }))).toEqual({
    outcome: 'duplicate',
    runs: ['completed'],
  })
  expect(await journal.deliver(delivered('shiprocket/1', { shipment: '17', leg: '2' }))).toMatchObject({
    reached: [key('waiting')],
  })
  const early = append(journal, 'early', 0, { bodies: ['a'], waits: [wait('s', { shipment: '99' })] })
  expect(await journal.append(early)).toMatchObject({ reached: [key('early')] })
  expect(await journal.deliver(message('parent', 'signal-1'))).toMatchObject({ outcome: 'duplicate' })
  const childEnd = append(journal, 'child', 0, { bodies: ['a'], state: state('completed', { toParent: '1' }) })
  expect(await journal.append(childEnd)).toMatchObject({ reached: [key('parent')] })
  const cancel = append(journal, 'failed', 1, { bodies: ['b'], state: state('cancelled') })
  expect(await journal.append(cancel)).toMatchObject({ readied: [key('queued')] })
  expect((await journal.due({ now: 5000, limit: 10 })).map((row) => row.run)).toEqual(['timer'])
  expect(await journal.append(append(journal, 'timer', 1, { bodies: ['b'], state: state('completed') }))).toMatchObject(
    { outcome: 'written' },
  )
  while (await journal.prune({ now: 10_000, endedBefore: 10_000, limit: 3 }));
  expect(await journal.counts(tenant)).toMatchObject({ completed: 0, cancelled: 0, waiting: 0, parked: 1 })
}
