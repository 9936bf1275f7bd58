import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { connectToServer } from '../server/management-client.ts'
import type { MoveView } from '../server/tenants/tenants.ts'
import { createNodes, newUrl } from './nodes.fixture.ts'
import type { Begun } from './process.fixture.ts'
import { effects, runsOf, send, tenantList, unfinished, workApp } from './traffic.fixture.ts'

const server = usePostgres()
const place = createNodes()
const { tenon, write, clear, remove, data, pathOf, start } = place
afterEach(clear)
afterAll(remove)
write('app.ts', workApp)

async function twoNodes(): Promise<{ readonly urls: readonly string[]; readonly nodes: readonly [Begun, Begun] }> {
  const urls = [await newUrl(server()), await newUrl(server())]
  const both = urls.flatMap((url) => ['--database', url])
  return { urls, nodes: [await start('one', ...both), await start('two', ...both)] }
}

test('CLU: a tenant moves under load: nothing that was acknowledged is lost or done twice, the other tenant does not notice', async () => {
  const { nodes } = await twoNodes()
  const [north = '', south = ''] = (await tenantList(place, 'one')).databases.map(({ name }) => name)
  for (const tenant of ['acme', 'other'])
    expect(await tenon('tenants', 'place', tenant, '--on', north, ...data('one'))).toMatchObject({ code: 0 })
  const traffic = [send(place, ['one', 'two'], 'acme'), send(place, ['one', 'two'], 'other')] as const
  await pause(3000)
  const look = await tenon('tenants', 'move', 'acme', '--to', south, '--dry-run', ...data('two'))
  expect([look.code, look.out]).toEqual([0, expect.stringContaining('Nothing stands in the way')])
  const moved = await tenon('tenants', 'move', 'acme', '--to', south, ...data('one'))
  expect([moved.code, moved.out + moved.err]).toEqual([0, expect.stringContaining(`acme lives on ${south} now`)])
  for (const [line, times] of effects(place)) expect([line, times]).toEqual([line, 1])
  // One that is stopped meanwhile does not hear of it, and does not come in between when it goes on.
  nodes[1].child.kill('SIGSTOP')
  const before = effects(place)
  const back = await tenon('tenants', 'move', 'acme', '--to', north, ...data('one'))
  expect([back.code, back.out]).toEqual([0, expect.stringContaining(`acme lives on ${north} now`)])
  nodes[1].child.kill('SIGCONT')
  await pause(2000)
  const [acme, other] = [await traffic[0].stop(), await traffic[1].stop()]
  for (const tenant of ['acme', 'other'])
    await expect.poll(() => unfinished(place, 'one', tenant), { timeout: 60_000, interval: 500 }).toEqual([])
  expect(await runsOf(place, 'one', 'acme')).toBe(acme.length)
  expect(await runsOf(place, 'one', 'other')).toBe(other.length)
  const counts = effects(place)
  for (const id of [...acme, ...other])
    expect([id, counts.has(`${id} one`), counts.has(`${id} two`)]).toEqual([id, true, true])
  // Twice only what the stopped node had done and not written down yet, as after a crash.
  for (const [line, times] of counts) if (times > 1) expect(before.has(line)).toBe(true)
}, 240_000)

test('CLU: whoever carries a move is killed again and again: another goes on with it, and nothing is lost', async () => {
  const { urls, nodes } = await twoNodes()
  const both = urls.flatMap((url) => ['--database', url])
  const [north = '', south = ''] = (await tenantList(place, 'one')).databases.map(({ name }) => name)
  await tenon('tenants', 'place', 'beta', '--on', north, ...data('one'))
  const traffic = send(place, ['one', 'two'], 'beta')
  await pause(2000)
  await tenon('tenants', 'move', 'beta', '--to', south, '--no-wait', ...data('one'))
  let [one] = nodes
  const state = async (): Promise<MoveView> => {
    const answer = await connectToServer({ dataFolder: pathOf('two') }).get('/tenants/beta/move')
    return answer as unknown as MoveView
  }
  for (let kills = 0; kills < 3 && (await state()).state !== 'done'; kills += 1) {
    await pause(700 * (kills + 1))
    one.child.kill('SIGKILL')
    await one.ended
    one = await start('one', ...both)
  }
  await expect.poll(async () => (await state()).state, { timeout: 90_000, interval: 300 }).toBe('done')
  const beta = await traffic.stop()
  await expect.poll(() => unfinished(place, 'two', 'beta'), { timeout: 60_000, interval: 500 }).toEqual([])
  expect(await runsOf(place, 'two', 'beta')).toBe(beta.length)
  const counts = effects(place)
  for (const id of beta) expect([id, counts.has(`${id} one`), counts.has(`${id} two`)]).toEqual([id, true, true])
  expect((await tenantList(place, 'two')).tenants).toContainEqual(
    expect.objectContaining({ tenant: 'beta', database: south }),
  )
}, 240_000)
