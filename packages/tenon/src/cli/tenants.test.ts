import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { TenonError } from '../base/errors.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { connectToServer } from '../server/management-client.ts'
import type { MoveView, TenantList } from '../server/tenants/tenants.ts'
import { createNodes, newUrl } from './nodes.fixture.ts'
import type { Begun } from './process.fixture.ts'

const server = usePostgres()
const { folder, tenon, write, clear, remove, data, pathOf, start } = createNodes()
afterEach(clear)
afterAll(remove)

write(
  'app.ts',
  `
import { appendFileSync } from 'node:fs'
import { defineApp, defineFlow, manual } from 'tenon'
import { z } from 'zod'
const effects = 'effects'
const input = z.object({ id: z.string(), line: z.string() })
const work = defineFlow('work', {
  trigger: manual(input),
  key: ({ data }) => data.line,
  async run({ step, event }) {
    await step.run('one', () => appendFileSync(effects, event.data.id + ' one\\n'))
    await step.sleep('1200ms')
    await step.run('two', () => appendFileSync(effects, event.data.id + ' two\\n'))
  },
})
export default defineApp({ flows: [work] })
`,
)

interface Traffic {
  /** Of runs that were acknowledged. */
  readonly ids: string[]
  /** Longest time from asking to the acknowledgement, in milliseconds. */
  longestMs: number
  stop(): Promise<readonly string[]>
}

/** Starts runs until it is told to stop; one that is not acknowledged is asked for again, as a provider would. */
function send(nodes: readonly string[], tenant: string): Traffic {
  const traffic = { ids: [] as string[], longestMs: 0, isStopped: false }
  const work = async (): Promise<void> => {
    for (let count = 0; !traffic.isStopped; count += 1) {
      const id = `${tenant}-${count}`
      const asked = performance.now()
      for (let tries = 0; ; tries += 1) {
        const node = nodes[(count + tries) % nodes.length] ?? ''
        const body = { flow: 'work', id, input: { id, line: `${tenant}-${count % 25}` } }
        const done = await answered(node, `/runs?tenant=${tenant}`, body)
        if (done) break
        await pause(100)
      }
      traffic.longestMs = Math.max(traffic.longestMs, performance.now() - asked)
      traffic.ids.push(id)
      await pause(40)
    }
  }
  const working = work()
  return Object.assign(traffic, {
    async stop() {
      traffic.isStopped = true
      await working
      return traffic.ids
    },
  })
}

/** False where it did not say that it has it. */
async function answered(node: string, path: string, body: unknown): Promise<boolean> {
  try {
    const sent = connectToServer({ dataFolder: pathOf(node) }).send('POST', path, body)
    return await Promise.race([sent.then(() => true), pause(8000).then(() => false)])
  } catch (error) {
    if (TenonError.is(error, 'INPUT_INVALID') || TenonError.is(error, 'FORBIDDEN')) throw error
    return false
  }
}

async function list(node: string): Promise<TenantList> {
  return JSON.parse((await tenon('tenants', 'list', '--json', ...data(node))).out) as TenantList
}

async function unfinished(node: string, tenant: string): Promise<readonly string[]> {
  const client = connectToServer({ dataFolder: pathOf(node) })
  const left: string[] = []
  for (const status of ['ready', 'queued', 'waiting', 'parked', 'failed', 'cancelled']) {
    const answer = await client.get(`/runs?tenant=${tenant}&status=${status}`)
    for (const { run } of answer['runs'] as { run: string }[]) left.push(`${status} ${run}`)
  }
  return left
}

async function completed(node: string, tenant: string): Promise<number> {
  const found = (await list(node)).tenants.find((one) => one.tenant === tenant)
  return found?.runs ?? 0
}

/** How often each step of each run had its effect. */
function effects(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of readFileSync(join(folder, 'effects'), 'utf8').split('\n').filter(Boolean))
    counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}

async function twoNodes(): Promise<{ readonly urls: readonly string[]; readonly nodes: readonly [Begun, Begun] }> {
  const urls = [await newUrl(server()), await newUrl(server())]
  const both = urls.flatMap((url) => ['--database', url])
  return { urls, nodes: [await start('one', ...both), await start('two', ...both)] }
}

test('CLU: a tenant moves under load: nothing that was acknowledged is lost or done twice, the other tenant does not notice', async () => {
  const { nodes } = await twoNodes()
  const [north = '', south = ''] = (await list('one')).databases.map(({ name }) => name)
  for (const tenant of ['acme', 'other'])
    expect(await tenon('tenants', 'place', tenant, '--on', north, ...data('one'))).toMatchObject({ code: 0 })
  const traffic = [send(['one', 'two'], 'acme'), send(['one', 'two'], 'other')] as const
  await pause(3000)
  const look = await tenon('tenants', 'move', 'acme', '--to', south, '--dry-run', ...data('two'))
  expect([look.code, look.out]).toEqual([0, expect.stringContaining('Nothing stands in the way')])
  const moved = await tenon('tenants', 'move', 'acme', '--to', south, ...data('one'))
  expect([moved.code, moved.out + moved.err]).toEqual([0, expect.stringContaining(`acme lives on ${south} now`)])
  for (const [line, times] of effects()) expect([line, times]).toEqual([line, 1])
  // One that is stopped meanwhile does not hear of it, and does not come in between when it goes on.
  nodes[1].child.kill('SIGSTOP')
  const before = effects()
  const back = await tenon('tenants', 'move', 'acme', '--to', north, ...data('one'))
  expect([back.code, back.out]).toEqual([0, expect.stringContaining(`acme lives on ${north} now`)])
  nodes[1].child.kill('SIGCONT')
  await pause(2000)
  const [acme, other] = [await traffic[0].stop(), await traffic[1].stop()]
  for (const tenant of ['acme', 'other'])
    await expect.poll(() => unfinished('one', tenant), { timeout: 60_000, interval: 500 }).toEqual([])
  expect(await completed('one', 'acme')).toBe(acme.length)
  expect(await completed('one', 'other')).toBe(other.length)
  const counts = effects()
  for (const id of [...acme, ...other])
    expect([id, counts.has(`${id} one`), counts.has(`${id} two`)]).toEqual([id, true, true])
  // Twice only what the stopped node had done and not written down yet, as after a crash.
  for (const [line, times] of counts) if (times > 1) expect(before.has(line)).toBe(true)
}, 240_000)

test('CLU: whoever carries a move is killed again and again: another goes on with it, and nothing is lost', async () => {
  const { urls, nodes } = await twoNodes()
  const both = urls.flatMap((url) => ['--database', url])
  const [north = '', south = ''] = (await list('one')).databases.map(({ name }) => name)
  await tenon('tenants', 'place', 'beta', '--on', north, ...data('one'))
  const traffic = send(['one', 'two'], 'beta')
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
  await expect.poll(() => unfinished('two', 'beta'), { timeout: 60_000, interval: 500 }).toEqual([])
  expect(await completed('two', 'beta')).toBe(beta.length)
  const counts = effects()
  for (const id of beta) expect([id, counts.has(`${id} one`), counts.has(`${id} two`)]).toEqual([id, true, true])
  expect((await list('two')).tenants).toContainEqual(expect.objectContaining({ tenant: 'beta', database: south }))
}, 240_000)
