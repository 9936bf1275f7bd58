import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createWorkplace } from './process.fixture.ts'

const server = usePostgres()
const { folder, begin, tenon, write, clear, remove } = createWorkplace()
afterEach(clear)
afterAll(remove)

write(
  'app.ts',
  `
import { defineApp, defineFlow, manual, signal } from 'tenon'
const flow = defineFlow('report', {
  trigger: manual(),
  waits: { go: signal() },
  key: () => 'one-line',
  async run({ step }) {
    const kept = await step.run('who', () => 'x'.repeat(2000))
    await step.waitFor('go', { timeout: '1h' })
    return kept.length
  },
})
const parks = defineFlow('parks', {
  trigger: manual(),
  async run({ step }) {
    await step.run('fails', () => { throw new Error('no') }, { retry: { attempts: 1 } })
  },
})
export default defineApp({ flows: [flow, parks] })
`,
)
const quiet = ['--no-samples', '--quiet', '--json']
const at = (name: string): string => join(folder, name)
const data = (name: string): string[] => ['--data', at(name)]

interface Run {
  readonly run: string
  readonly status: string
  readonly flow: string
}

async function runs(node: string): Promise<readonly Run[]> {
  const { out, err } = await tenon('runs', 'list', '--json', ...data(node))
  if (out === '') throw new Error(err)
  return (JSON.parse(out) as { runs: readonly Run[] }).runs
}

const statuses = async (node: string): Promise<readonly string[]> => (await runs(node)).map(({ status }) => status)

async function go(run: Run | undefined, node: string): Promise<void> {
  const read = (name: string): string => readFileSync(join(folder, node, name), 'utf8')
  const { url } = JSON.parse(read('server.json')) as { url: string }
  const { status } = await fetch(`${url}/api/v1/runs/${run?.run ?? ''}/signals`, {
    method: 'POST',
    headers: { authorization: `Bearer ${read('operator-token').trim()}`, 'content-type': 'application/json' },
    body: '{"name":"go"}',
  })
  expect(status).toBe(202)
}

async function start(name: string, ...more: string[]) {
  const begun = begin('start', ...more, ...quiet, ...data(name))
  await begun.said(/"url"/)
  return begun
}

async function stop({ child, ended }: ReturnType<typeof begin>): Promise<void> {
  child.kill('SIGTERM')
  await ended
}

async function newUrl(): Promise<string> {
  return server()
    .url(await server().newDatabase())
    .reveal()
}

const migrate = (...words: string[]) => tenon('migrate', ...words, '--json')

test('CLU-02: an embedded installation moves to a database with what waits, two nodes finish it, and it moves back', async () => {
  const url = await newUrl()
  const embedded = await start('embedded')
  for (let number = 0; number < 3; number += 1) await tenon('runs', 'start', 'report', ...data('embedded'))
  await tenon('runs', 'start', 'parks', ...data('embedded'))
  const before = ['failed', 'queued', 'queued', 'waiting']
  await expect.poll(() => statuses('embedded'), { timeout: 30_000 }).toEqual(before)

  const busy = await migrate('--from', at('embedded'), '--to', url, '--dry-run')
  expect(busy.code).toBe(1)
  expect(busy.out).toMatch(/is in use by process \d+/)
  expect((await migrate('--from', at('embedded'), '--to', url)).out).toMatch(/is in use by process \d+/)
  await stop(embedded)

  const dry = await migrate('--from', at('embedded'), '--to', url, '--dry-run')
  expect(JSON.parse(dry.out)).toMatchObject({
    dryRun: true,
    problems: [],
    source: { runs: 4, byStatus: { queued: 2 } },
  })
  expect(existsSync(join(at('embedded'), 'transfer.json'))).toBe(false)

  const moved = await migrate('--from', at('embedded'), '--to', url)
  expect(moved).toMatchObject({ code: 0 })
  const report = JSON.parse(moved.out) as { source: { checksum: string }; target: { checksum: string } }
  expect(report.target).toEqual(report.source)
  expect(report.source).toMatchObject({ runs: 4, byFlow: { 'default/parks': 1, 'default/report': 3 } })

  const refused = await tenon('start', ...quiet, ...data('embedded'))
  expect(refused.code).toBe(1)
  expect(refused.out).toMatch(/was moved to .* To take it back/)
  expect((await migrate('--from', at('embedded'), '--to', await newUrl())).out).toContain('was moved to')

  const nodes = [await start('one', '--database', url), await start('two', '--database', url)]
  expect(await statuses('two')).toEqual(before)
  const [, third, second, first] = await runs('two')
  await go(first, 'one')
  await expect.poll(() => statuses('one'), { timeout: 30_000 }).toEqual(['failed', 'queued', 'waiting', 'completed'])
  await go(second, 'two')
  await expect.poll(() => statuses('one'), { timeout: 30_000 }).toEqual(['failed', 'waiting', 'completed', 'completed'])
  expect((await migrate('--from', url, '--to', at('back'))).out).toMatch(/is in use by node/)
  for (const node of nodes) await stop(node)
  expect((await migrate('--from', at('embedded'), '--to', url, '--take-back')).out).toContain(
    'has been worked on since',
  )

  expect(await migrate('--from', url, '--to', at('back'))).toMatchObject({ code: 0 })
  expect((await tenon('start', '--database', url, ...quiet, ...data('three'))).out).toContain('was moved to')
  const back = await start('back')
  expect(await statuses('back')).toEqual(['failed', 'waiting', 'completed', 'completed'])
  await go(third, 'back')
  await expect
    .poll(() => statuses('back'), { timeout: 30_000 })
    .toEqual(['failed', 'completed', 'completed', 'completed'])
  await stop(back)
}, 300_000)

test('what is not there does not move, and is not made by asking', async () => {
  const refused = await migrate('--from', at('mistyped'), '--to', at('never'))
  expect(refused.code).toBe(1)
  expect(refused.out).toContain('holds nothing that could move')
  expect([existsSync(at('mistyped')), existsSync(at('never'))]).toEqual([false, false])
  expect((await migrate('--from', at('mistyped'), '--to', at('never'), '--dry-run')).out).toContain(
    'there is no journal in',
  )
})

test('a move is taken back as long as nobody has worked at the target; a target with other work is refused', async () => {
  const [url, other] = [await newUrl(), await newUrl()]
  const embedded = await start('mine')
  await tenon('runs', 'start', 'report', ...data('mine'))
  await expect.poll(() => statuses('mine'), { timeout: 30_000 }).toEqual(['waiting'])
  await stop(embedded)
  const ends = ['--from', at('mine'), '--to', url]
  expect(await migrate(...ends)).toMatchObject({ code: 0 })
  expect(await migrate(...ends, '--take-back')).toMatchObject({ code: 0 })
  expect((await tenon('start', '--database', url, ...quiet, ...data('late'))).out).toContain('takes in what comes from')
  const again = await start('mine')
  expect(await statuses('mine')).toEqual(['waiting'])
  await stop(again)
  expect((await migrate(...ends)).out).toContain('holds other work')
  const used = await start('four', '--database', other)
  await tenon('runs', 'start', 'report', ...data('four'))
  await stop(used)
  expect((await migrate('--from', at('mine'), '--to', other)).out).toContain('holds other work')
  expect(existsSync(join(at('mine'), 'transfer.json'))).toBe(false)
}, 200_000)
