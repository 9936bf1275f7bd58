import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createNodes, newUrl } from './nodes.fixture.ts'

const server = usePostgres()
const { tenon, write, clear, remove, data, start, runs, statuses, signal } = createNodes()
afterEach(clear)
afterAll(remove)

write(
  'app.ts',
  `
import { defineApp, defineFlow, manual, signal } from 'tenon'
const flow = defineFlow('report', {
  trigger: manual(),
  waits: { go: signal() },
  async run({ step }) {
    const node = await step.run('who', () => process.env['TENON_DATA'] ?? '')
    await step.waitFor('go', { timeout: '1h' })
    return node
  },
})
export default defineApp({ flows: [flow] })
`,
)
test('CLU-03: what one node began another sees, signals, and brings to its end when the first is killed', async () => {
  const url = await newUrl(server())
  const one = await start('one', '--database', url)
  for (let number = 0; number < 3; number += 1)
    expect(await tenon('runs', 'start', 'report', ...data('one'))).toMatchObject({ code: 0 })
  await expect.poll(() => statuses('one'), { timeout: 20_000 }).toEqual(['waiting', 'waiting', 'waiting'])
  await start('two', '--database', url)
  expect(await statuses('two')).toEqual(['waiting', 'waiting', 'waiting'])
  const { cluster } = JSON.parse((await tenon('nodes', '--json', ...data('two'))).out) as { cluster: object }
  expect(cluster).toMatchObject({ nodes: [{ isThis: false }, { isThis: true }] })
  expect((await tenon('nodes', ...data('two'))).out).toContain('2 nodes, 64 partitions')

  // Wherever a run lives, any node takes what it waits for.
  const [first, second, third] = await runs('two')
  await signal('two', first, 'go')
  await signal('one', second, 'go')
  await expect.poll(() => statuses('one'), { timeout: 20_000 }).toEqual(['completed', 'completed', 'waiting'])

  one.child.kill('SIGKILL')
  await one.ended
  await signal('two', third, 'go')
  await expect.poll(() => statuses('two'), { timeout: 60_000 }).toEqual(['completed', 'completed', 'completed'])
}, 180_000)

test('who signs in by a link of one node is signed in at all of them', async () => {
  const url = await newUrl(server())
  const [one, two] = [await start('three', '--database', url), await start('four', '--database', url)]
  const addressOf = (begun: typeof one): string => (JSON.parse(begun.out().split('\n')[0] ?? '') as { url: string }).url
  const link = JSON.parse((await tenon('console', '--json', ...data('three'))).out) as { url: string }
  const token = new URL(link.url).searchParams.get('token') ?? ''
  const enter = async (address: string): Promise<Response> =>
    fetch(`${address}/console/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: address },
      body: new URLSearchParams({ token }),
    })
  const entered = await enter(addressOf(two))
  expect(entered.status).toBe(303)
  expect((await enter(addressOf(one))).status).toBe(403)
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? ''
  for (const address of [addressOf(one), addressOf(two)])
    expect((await fetch(`${address}/api/v1/session`, { headers: { cookie } })).status).toBe(200)
  const signedOut = await fetch(`${addressOf(one)}/api/v1/session`, {
    method: 'DELETE',
    headers: { cookie, origin: addressOf(one) },
  })
  expect(signedOut.status).toBe(204)
  expect((await fetch(`${addressOf(two)}/api/v1/session`, { headers: { cookie } })).status).toBe(401)
}, 120_000)
