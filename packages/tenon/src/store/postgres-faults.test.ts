// A database that goes away and comes back, under writes. The servers run with fsync: what is claimed here is that nothing acknowledged is lost.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { isPostgresThere, startPostgres, type PostgresServer } from '../postgres/postgres.fixture.ts'
import { startProxy, type Proxy } from '../postgres/proxy.fixture.ts'
import { postgresStore } from './postgres.ts'
import type { DocumentWrite, Store } from './store.ts'

const used: { end(): unknown }[] = []
let primary: PostgresServer
beforeEach(async (context) => {
  if (!isPostgresThere) context.skip('needs PostgreSQL')
  primary = track(await startPostgres({ fsync: true }), (server) => server.remove())
}, 60_000)
afterEach(async () => {
  for (const { end } of used.splice(0).toReversed()) await end()
}, 60_000)

function track<Part>(part: Part, end: (part: Part) => unknown): Part {
  used.push({ end: () => end(part) })
  return part
}

function open(url: Secret): Store {
  return track(postgresStore({ url, patienceMs: 300, timeoutMs: 1000 }), (store) => store.close())
}

const put = (id: string, body = '{}', expect: number | null = null): DocumentWrite => ({
  tenant: 'acme',
  kind: 'connection',
  id,
  expect,
  body,
})
const unavailable = { code: 'STORE_UNAVAILABLE' }

/** Writes one document after the other, and notes which were acknowledged; whatever rejects has to be unavailable. */
function writeOn(store: Store): { readonly acknowledged: string[]; end(): Promise<void> } {
  const acknowledged: string[] = []
  let isDone = false
  const lane = async (name: number): Promise<void> => {
    for (let count = 0; !isDone; count += 1) {
      const id = `${name}-${count}`
      try {
        await store.write({ changes: [put(id)] })
        acknowledged.push(id)
      } catch (error) {
        expect(error).toMatchObject(unavailable)
        await sleep(systemClock, 10)
      }
    }
  }
  const lanes = Promise.all([1, 2, 3].map(lane))
  return {
    acknowledged,
    async end() {
      isDone = true
      await lanes
    },
  }
}

async function expectAll(store: Store, acknowledged: readonly string[]): Promise<void> {
  const found = await Promise.all(acknowledged.map((id) => store.get(put(id))))
  expect(acknowledged.filter((_id, index) => found[index] === null)).toEqual([])
}

/** Waits until `more` writes were acknowledged from now on. */
async function more(acknowledged: readonly string[], count: number): Promise<void> {
  for (const from = acknowledged.length; acknowledged.length < from + count;) await sleep(systemClock, 10)
}

test('CLU-04: a primary that is killed and comes back has all that was acknowledged, and needs no new process', async () => {
  const store = open(primary.url(await primary.newDatabase()))
  const { acknowledged, end } = writeOn(store)
  for (let round = 0; round < 3; round += 1) {
    await more(acknowledged, 20)
    await primary.kill()
    await expect(store.get(put('1-0'))).rejects.toMatchObject(unavailable)
    await primary.start()
    await more(acknowledged, 20)
  }
  await end()
  await expectAll(store, acknowledged)
  expect((await store.changes(0, 1000)).length).toBeGreaterThanOrEqual(Math.min(acknowledged.length, 1000))
}, 120_000)

test('CLU-04: a synchronous standby that is promoted has all that was acknowledged, and the other host of the URL is found', async () => {
  const database = await primary.newDatabase()
  const standby = track(await primary.addStandby(), (server) => server.remove())
  const store = open(primary.url(database, [primary.port, standby.port]))
  const { acknowledged, end } = writeOn(store)
  await more(acknowledged, 50)
  await primary.kill()
  await expect(store.get(put('1-0'))).rejects.toMatchObject(unavailable)
  await standby.promote()
  await more(acknowledged, 50)
  await end()
  await expectAll(store, acknowledged)
}, 120_000)

test('a standby alone is no database to work with, and says so', async () => {
  const database = await primary.newDatabase()
  const standby = track(await primary.addStandby(), (server) => server.remove())
  await expect(open(primary.url(database, standby.port)).get(put('a'))).rejects.toMatchObject({
    ...unavailable,
    message: expect.stringContaining('takes no writes') as string,
  })
}, 120_000)

test('CLU-04: a commit that the standby did not confirm is not acknowledged, even where the server calls it done', async () => {
  const database = await primary.newDatabase()
  const standby = track(await primary.addStandby(), (server) => server.remove())
  const store = track(postgresStore({ url: primary.url(database), timeoutMs: 30_000 }), (one) => one.close())
  await store.write({ changes: [put('a')] })
  standby.pause()
  const writing = store.write({ changes: [put('b')] })
  writing.catch(() => undefined)
  const waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  while ((await primary.sql(waiting)).length === 0) await sleep(systemClock, 20)
  await expect(writing).rejects.toMatchObject({
    ...unavailable,
    message: expect.stringContaining('not confirmed by the standby') as string,
  })
  standby.resume()
  expect(await store.write({ changes: [put('c')] })).toMatchObject({ outcome: 'written' })
}, 120_000)

test('CLU-04: a server that answers nothing is given up, and used again when it answers', async () => {
  const store = open(primary.url(await primary.newDatabase()))
  await store.write({ changes: [put('a')] })
  primary.pause()
  await expect(store.get(put('a'))).rejects.toMatchObject(unavailable)
  await expect(store.write({ changes: [put('b')] })).rejects.toMatchObject(unavailable)
  primary.resume()
  expect(await store.get(put('a'))).not.toBeNull()
}, 60_000)

async function withProxy(): Promise<{ readonly proxy: Proxy; readonly far: Store; readonly near: Store }> {
  const database = await primary.newDatabase()
  const proxy = track(await startProxy(primary.port), (one) => one.close())
  return { proxy, far: open(primary.url(database, proxy.port)), near: open(primary.url(database)) }
}

test('CLU-05: a network that is cut, slow or swallows everything, and heals', async () => {
  const { proxy, far, near } = await withProxy()
  await far.write({ changes: [put('a')] })
  proxy.cut()
  await expect(far.get(put('a'))).rejects.toMatchObject(unavailable)
  proxy.heal()
  expect(await far.get(put('a'))).not.toBeNull()
  proxy.blackhole()
  await expect(far.get(put('a'))).rejects.toMatchObject(unavailable)
  expect(await near.get(put('a'))).not.toBeNull()
  proxy.heal()
  proxy.delay(20)
  expect(await far.write({ changes: [put('b')] })).toMatchObject({ outcome: 'written' })
}, 60_000)

test('CLU-05: a node that is cut off in the middle of a write holds up the others for no longer than its limit', async () => {
  const { proxy, far, near } = await withProxy()
  await far.write({ changes: [put('a')] })
  const { acknowledged, end } = writeOn(far)
  await more(acknowledged, 5)
  // Whatever its lanes are in the middle of stays so.
  proxy.blackhole()
  for (;;) {
    try {
      await near.write({ changes: [put('near')] })
      break
    } catch (error) {
      expect(error).toMatchObject(unavailable)
    }
  }
  proxy.heal()
  await more(acknowledged, 5)
  await end()
  await expectAll(near, acknowledged)
}, 60_000)
