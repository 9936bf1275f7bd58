import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Journal } from './journal.ts'
import { sqliteJournal } from './sqlite.ts'
import { append, delivered, event, message, start, started, state, tenant, wait } from './suite/make.ts'

// DUR-05: a journal that a released version wrote is read and continued by every later one. Each version keeps its folder here for ever.
// A new version adds its own: TENON_WRITE_GOLDEN=v2 vitest run golden

const golden = fileURLToPath(new URL('../../../../tests/golden/journal', import.meta.url))

/** One of everything that a journal holds. */
async function writeGolden(journal: Journal): Promise<void> {
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

async function readGolden(journal: Journal): Promise<unknown> {
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
async function continueGolden(journal: Journal): Promise<void> {
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

const newVersion = process.env['TENON_WRITE_GOLDEN']

if (newVersion !== undefined)
  test('writes the golden journal of a new version', async () => {
    const folder = join(golden, newVersion)
    expect(existsSync(join(folder, 'journal.db')), 'a golden journal is never written again').toBe(false)
    mkdirSync(folder, { recursive: true })
    const journal = await sqliteJournal({ folder })
    await writeGolden(journal)
    writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(await readGolden(journal), null, 2)}\n`)
    await journal.close()
    rmSync(join(folder, 'lock'))
  })

const versions = readdirSync(golden).sort()

test.each(versions)('DUR-05: the journal that %s wrote is read and continued', async (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-golden-'))
  cpSync(join(golden, version), folder, { recursive: true })
  const journal = await sqliteJournal({ folder })
  expect(await readGolden(journal)).toEqual(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')))
  await continueGolden(journal)
  await journal.close()
  rmSync(folder, { recursive: true })
})
