import { afterEach, expect, test } from 'vitest'
import { parseJson } from '../../base/json.ts'
import type { Secret } from '../../base/secret.ts'
import type { Journal } from '../../journal/journal.ts'
import { postgresJournal } from '../../journal/postgres.ts'
import { TenantTables } from '../../journal/postgres/tenant-tables.ts'
import { append, delivered, event, message, start, state, wait } from '../../journal/suite/make.ts'
import { raiseFence } from '../../postgres/fence.ts'
import { usePostgres } from '../../postgres/postgres.fixture.ts'
import { openDatabase, type Database } from '../../postgres/postgres.ts'
import type { Store } from '../../store/store.ts'
import { openPlacedJournal, openPlacedStore, type OpenedPlaces } from '../several-databases.ts'

const server = usePostgres()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Installation extends OpenedPlaces {
  readonly store: Store
  readonly urls: readonly Secret[]
  readonly databases: readonly Database[]
  /** Of the two databases, as they are named to people. */
  readonly north: string
  readonly south: string
}

async function node(urls: readonly Secret[]): Promise<Installation> {
  const opened = await openPlacedJournal(urls, { leaseMs: 3000, version: '1' })
  const store = await openPlacedStore(urls, opened.shared)
  const databases = urls.map((url) => openDatabase({ url, unavailable: 'STORE_UNAVAILABLE', sessions: 2 }))
  closing.push(async () => {
    await store.close()
    await opened.journal.close()
    await Promise.all(databases.map((database) => database.close()))
  })
  const [north = '', south = ''] = databases.map(({ name }) => name)
  return { ...opened, store, urls, databases, north, south }
}

async function twoDatabases(): Promise<readonly Secret[]> {
  return [server().url(await server().newDatabase()), server().url(await server().newDatabase())]
}

const big = 'x'.repeat(50)

/** Something of each kind that a tenant may have. */
async function fill(journal: Journal, store: Store, tenant: string): Promise<void> {
  const of = { tenant }
  const put = (run: string, after: number, parts: Parameters<typeof append>[3]) =>
    journal.append(append(journal, run, after, { ...of, ...parts }))
  for (let count = 0; count < 30; count += 1) {
    const run = `done-${count}`
    const values = [{ hash: `value-${count % 7}`, body: `"${big}${count % 7}"` }]
    await journal.deliver(
      event(`e-${count}`, {
        ...of,
        values,
        starts: [start(run)],
        fields: { id: `${count}` },
        keepUntil: 1e15,
        dedupeUntil: 1e15,
      }),
    )
    await put(run, 0, { bodies: ['a', 'ü'], values, state: state('completed') })
  }
  for (const run of ['waits', 'parked', 'mail', 'failed', 'timer'])
    await journal.deliver({ ...of, kind: 'start', at: 1, start: { ...start(run), input: '{"n":1}' } })
  await put('waits', 0, {
    bodies: ['a'],
    waits: [wait('w', { id: 'late' })],
    state: state('waiting', { wakeAt: 4e12 }),
  })
  await put('parked', 0, { bodies: ['a'], state: state('parked', { code: 'DIVERGED' }) })
  await put('mail', 0, { bodies: ['a'], state: state('waiting') })
  await put('failed', 0, { bodies: ['a'], state: state('failed', { code: 'STEP_FAILED' }) })
  await put('timer', 0, { bodies: ['a'], state: state('waiting', { wakeAt: 5 }) })
  await journal.deliver(message('mail', 'm1', of))
  for (const run of ['first', 'second', 'third'])
    await journal.deliver({ ...of, kind: 'start', at: 1, start: { ...start(run, { key: 'k' }), input: '{}' } })
  await journal.deliver({ ...of, kind: 'cursor', at: 1, name: 'schedule/x', value: '17' })
  for (let count = 0; count < 150; count += 1)
    await store.write({
      changes: [{ tenant, kind: 'connection', id: `c-${count}`, expect: null, body: `{"n":${count}}` }],
      audit: [{ tenant, at: 1, by: 'mia', action: 'connection.saved', subject: `stripe/${count}`, outcome: 'done' }],
    })
}

/** All that can be seen of a tenant. */
async function seen({ journal, store }: Pick<Installation, 'journal' | 'store'>, tenant: string): Promise<unknown> {
  const { runs } = await journal.list({ tenant, limit: 200 })
  const keys = runs.map(({ run }) => ({ tenant, run }))
  const loaded = await journal.load(keys)
  return {
    runs,
    loaded: loaded.map((one) => ({ ...one, inbox: one?.inbox.map(({ position: _position, ...mail }) => mail) })),
    events: await Promise.all(Array.from({ length: 30 }, (_, index) => journal.event(tenant, `e-${index}`))),
    values: await journal.values(['value-0', 'value-6']),
    cursor: await journal.cursor(tenant, 'schedule/x'),
    counts: await journal.counts(tenant),
    byFlow: await journal.countsByFlow(tenant),
    line: await journal.line(tenant, 'third', 10),
    documents: await store.list({ tenant, kind: 'connection', limit: 1000 }),
    audit: await store.audit({ tenant, limit: 1000 }),
    head: await store.auditHead(tenant),
    broken: await store.verifyAudit(tenant),
  }
}

async function moved({ tenants }: Installation, tenant: string, to: string): Promise<void> {
  expect(await tenants.obstacle(tenant, to)).toBeNull()
  await tenants.move(tenant, to, 'mia')
  await expect
    .poll(async () => (await tenants.moves(tenant))[0]?.state, { timeout: 60_000, interval: 100 })
    .toBe('done')
}

/** How many rows of each table are the tenant's. */
async function rowsIn(database: Database, tenant: string): Promise<number> {
  const [row] = await database.query<{ rows: number }>(
    {
      name: 'rows of a tenant',
      text: `SELECT (SELECT count(*) FROM run WHERE run.tenant = t.id) + (SELECT count(*) FROM event WHERE event.tenant = t.id) + (SELECT count(*) FROM held WHERE held.tenant = t.id)
      + (SELECT count(*) FROM cursor WHERE cursor.tenant = t.id) + (SELECT count(*) FROM document WHERE document.tenant = t.tenant) + (SELECT count(*) FROM audit WHERE audit.tenant = t.tenant)
      + (SELECT count(*) FROM tally JOIN flow ON flow.id = tally.flow WHERE flow.tenant = t.id) AS rows FROM tenant t WHERE t.tenant = $1`,
    },
    [tenant],
  )
  return row?.rows ?? 0
}

test('CLU: a tenant is moved whole, to another database and back, and works on there; others are not touched', async () => {
  const here = await node(await twoDatabases())
  const { journal, store, tenants, north, south, databases } = here
  await tenants.place('acme', north)
  await tenants.place('other', north)
  await tenants.place('there', south)
  for (const tenant of ['acme', 'other', 'there']) await fill(journal, store, tenant)
  const [before, others, there] = [await seen(here, 'acme'), await seen(here, 'other'), await seen(here, 'there')]
  for (const to of [south, north, south]) {
    await moved(here, 'acme', to)
    expect(await seen(here, 'acme')).toEqual(before)
    expect(await seen(here, 'other')).toEqual(others)
    expect(await seen(here, 'there')).toEqual(there)
    expect(await Promise.all(databases.map((database) => rowsIn(database, 'acme')))).toEqual(
      to === south ? [0, expect.any(Number)] : [expect.any(Number), 0],
    )
  }
  const list = await tenants.list()
  expect(list.tenants).toContainEqual(expect.objectContaining({ tenant: 'acme', database: south, runs: 38 }))

  // What came before is known, what comes goes on where it stopped.
  const again = event('e-3', { tenant: 'acme', dedupeUntil: 1e15 })
  expect(await journal.deliver(again)).toEqual({ outcome: 'duplicate', runs: ['done-3'] })
  expect(await journal.deliver(message('mail', 'm1', { tenant: 'acme' }))).toMatchObject({ outcome: 'duplicate' })
  const late = delivered('late', { id: 'late' }, { tenant: 'acme' })
  expect(await journal.deliver(late)).toMatchObject({ outcome: 'written', reached: [{ run: 'waits' }] })
  expect((await journal.due({ now: 10, limit: 10 })).filter(({ tenant }) => tenant === 'acme')).toMatchObject([
    { run: 'timer' },
  ])
  const first = append(journal, 'first', 0, { tenant: 'acme', bodies: ['a'], state: state('completed') })
  const epoch = journal.ownership.epochOf({ tenant: 'acme', run: 'first', flow: 'order-paid', key: 'k' }) ?? 0
  expect(await journal.append({ ...first, epoch })).toMatchObject({ outcome: 'written', readied: [{ run: 'second' }] })
  const [row] = await store.list({ tenant: 'acme', kind: 'connection', limit: 1 })
  expect(parseJson(row?.body ?? '')).toEqual({ n: 0 })
}, 180_000)

test('CLU: a node that has not heard of a move writes nothing at the old place, and what it writes for others is written', async () => {
  const here = await node(await twoDatabases())
  const { journal, tenants, north, south, urls } = here
  for (const tenant of ['acme', 'other']) await tenants.place(tenant, north)
  await journal.deliver(event('e', { tenant: 'acme', starts: [start('r')] }))
  const late = await postgresJournal({ url: urls[0] as Secret, isOneOfSeveral: true })
  closing.push(() => late.close())
  // It has the run in its hands: whoever asks nodes to let go does not hear from this one.
  const made = append(late, 'r', 0, { tenant: 'acme', bodies: ['late'] })
  await tenants.move('acme', south, 'mia')
  await expect.poll(async () => (await tenants.moves('acme'))[0]?.state, { timeout: 30_000 }).toBe('resting')
  late.kill()
  await expect.poll(async () => (await tenants.moves('acme'))[0]?.state, { timeout: 60_000 }).toBe('done')

  const stale = await postgresJournal({ url: urls[0] as Secret, isOneOfSeveral: true })
  closing.push(() => stale.close())
  const answers = await Promise.allSettled([
    stale.deliver(event('lost', { tenant: 'acme', starts: [start('lost')] })),
    stale.append(made),
    stale.deliver(event('kept', { tenant: 'other', starts: [start('kept')] })),
  ])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(answers[1]).toMatchObject({ value: { outcome: 'fenced' } })
  expect(answers[0]).toMatchObject({ reason: { code: 'JOURNAL_UNAVAILABLE', details: { elsewhere: 'acme' } } })
  expect(await journal.find('acme', 'lost')).toBeNull()
  expect(await journal.entries('acme', 'r')).toEqual([])
  expect(await journal.find('other', 'kept')).not.toBeNull()
}, 120_000)

test('CLU: a batch that was on its way when the tenant was closed is refused, or was there before', async () => {
  const { journal, tenants, north, databases } = await node(await twoDatabases())
  const [database] = databases as [Database]
  await tenants.place('acme', north)
  await journal.deliver(event('e', { tenant: 'acme', starts: [start('r')] }))
  const tables = await TenantTables.open(database, 'acme')
  const [locked, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  closing.push(async () => free.resolve())
  const blocked = database.transaction(async (session) => {
    await session.query('SELECT FROM lease FOR UPDATE')
    locked.resolve()
    await free.promise
  })
  await locked.promise
  const onItsWay = journal.append(append(journal, 'r', 0, { tenant: 'acme', bodies: ['late'] }))
  await expect
    .poll(() =>
      database.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%commit_%'"),
    )
    .toHaveLength(1)
  await raiseFence(database, 'acme', { attempt: 1, isClosed: true, isKept: false })
  await tables.breakOff()
  free.resolve()
  await blocked
  expect(await onItsWay).toMatchObject({ outcome: 'fenced' })
  expect(await journal.entries('acme', 'r')).toEqual([])
}, 60_000)

test('CLU: what stands in the way of placing and moving is said, and a move is taken back as long as it has not arrived', async () => {
  const here = await node(await twoDatabases())
  const { journal, store, tenants, north, south } = here
  await tenants.place('acme', north)
  await tenants.place('acme', north)
  await expect(tenants.place('acme', south)).rejects.toThrow(`acme lives on ${north} already`)
  await expect(tenants.place('new', 'nowhere')).rejects.toThrow(
    `there is no database nowhere here, but ${north} and ${south}`,
  )
  expect(await tenants.obstacle('acme', north)).toContain('already')
  expect(await tenants.obstacle('nobody', north)).toContain('nothing is known of nobody')
  expect(await tenants.obstacle('default', south)).toContain("the installation's own")
  await fill(journal, store, 'acme')
  const before = await seen(here, 'acme')
  await tenants.move('acme', south, 'mia')
  await expect(tenants.move('acme', south, 'mia')).rejects.toThrow('on its way')
  await tenants.cancel('acme')
  await expect.poll(async () => (await tenants.moves('acme'))[0]?.state, { timeout: 30_000 }).toBe('cancelled')
  expect(await seen(here, 'acme')).toEqual(before)
  expect(await rowsIn(here.databases[1] as Database, 'acme')).toBe(0)
  await expect(tenants.cancel('acme')).rejects.toThrow('is not on its way')
  await moved(here, 'acme', south)
  expect(await seen(here, 'acme')).toEqual(before)
}, 120_000)
