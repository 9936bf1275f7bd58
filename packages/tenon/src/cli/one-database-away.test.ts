import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { startProxy } from '../postgres/proxy.fixture.ts'
import { connectToServer } from '../server/management-client.ts'
import { createNodes, newUrl } from './nodes.fixture.ts'
import { effects, runsOf, send, tenantList, unfinished, workApp } from './traffic.fixture.ts'

const server = usePostgres()
const place = createNodes()
const { tenon, write, clear, remove, data, pathOf, start, stop } = place
afterEach(clear)
afterAll(remove)
write('app.ts', workApp)

interface Health {
  readonly status: string
  readonly databases: { readonly all: number; readonly cutOff: number }
}

async function health(url: string): Promise<readonly [code: number, health: Health]> {
  const answer = await fetch(`${url}/health`)
  return [answer.status, (await answer.json()) as Health]
}

test('CLU: one of two databases is away: tenants of the other go on, health tells, and when it is back everything is carried through', async () => {
  const [north, behind] = [await newUrl(server()), new URL(await newUrl(server()))]
  const proxy = await startProxy(Number(behind.port))
  const south = new URL(behind)
  south.port = String(proxy.port)
  const both = ['--database', north, '--database', south.href]
  try {
    const nodes = [await start('one', ...both), await start('two', ...both)]
    const urls = nodes.map((node) => /"url":"([^"]+)"/.exec(node.out())?.[1]?.replace(/\/$/, '') ?? '')
    const [first = '', second = ''] = (await tenantList(place, 'one')).databases.map(({ name }) => name)
    await tenon('tenants', 'place', 'acme', '--on', first, ...data('one'))
    await tenon('tenants', 'place', 'beta', '--on', second, ...data('one'))
    const [acme, beta] = [send(place, ['one', 'two'], 'acme'), send(place, ['one', 'two'], 'beta')]
    await pause(3000)
    proxy.cut()
    // Longer than the lease: nobody holds anything there any more.
    await expect
      .poll(() => Promise.all(urls.map(health)), { timeout: 40_000, interval: 500 })
      .toEqual([
        [200, { status: 'ready', databases: { all: 2, cutOff: 1 } }],
        [200, { status: 'ready', databases: { all: 2, cutOff: 1 } }],
      ])
    const { databases } = await connectToServer({ dataFolder: pathOf('two') }).get('/status')
    expect(databases).toEqual([
      { name: first, isReached: true },
      { name: second, isReached: false },
    ])
    expect((await tenantList(place, 'one')).databases).toMatchObject([
      { isReached: true },
      { isReached: false, bytes: null },
    ])
    const [acmeBefore, betaBefore] = [acme.ids.length, beta.ids.length]
    await expect.poll(() => acme.ids.length, { timeout: 30_000 }).toBeGreaterThan(acmeBefore + 50)
    expect(beta.ids.length).toBe(betaBefore)
    proxy.heal()
    await expect.poll(() => beta.ids.length, { timeout: 60_000 }).toBeGreaterThan(betaBefore + 20)
    const acknowledged = { acme: await acme.stop(), beta: await beta.stop() }
    for (const [tenant, ids] of Object.entries(acknowledged)) {
      await expect.poll(() => unfinished(place, 'two', tenant), { timeout: 60_000, interval: 500 }).toEqual([])
      expect(await runsOf(place, 'two', tenant)).toBe(ids.length)
    }
    const counts = effects(place)
    for (const id of [...acknowledged.acme, ...acknowledged.beta])
      expect([id, counts.has(`${id} one`), counts.has(`${id} two`)]).toEqual([id, true, true])

    // It is taken away when nobody lives there any more.
    for (const node of nodes) await stop(node)
    const refused = await tenon('start', '--database', north, '--no-samples', '--quiet', '--json', ...data('one'))
    expect([refused.code, refused.out + refused.err]).toEqual([
      1,
      expect.stringContaining(`not given ${second}, where beta live`),
    ])
    const again = await start('one', ...both)
    const moved = await tenon('tenants', 'move', 'beta', '--to', first, ...data('one'))
    expect([moved.code, moved.err]).toEqual([0, expect.anything()])
    await stop(again)
    await start('one', '--database', north)
    const client = connectToServer({ dataFolder: pathOf('one') })
    expect((await client.get('/runs?tenant=beta&limit=1'))['runs']).toHaveLength(1)
  } finally {
    await proxy.close()
  }
}, 300_000)
