import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createNodes, newUrl, quiet } from './nodes.fixture.ts'

const server = usePostgres()
const { tenon, write, clear, remove, pathOf, data, start, stop, runs, statuses, signal } = createNodes()
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
const migrate = (...words: string[]) => tenon('migrate', ...words, '--json')

test('CLU-02: an embedded installation moves to a database with what waits, two nodes finish it, and it moves back', async () => {
  const url = await newUrl(server())
  const embedded = await start('embedded')
  for (let number = 0; number < 3; number += 1) await tenon('runs', 'start', 'report', ...data('embedded'))
  await tenon('runs', 'start', 'parks', ...data('embedded'))
  const before = ['failed', 'queued', 'queued', 'waiting']
  await expect.poll(() => statuses('embedded'), { timeout: 30_000 }).toEqual(before)

  const busy = await migrate('--from', pathOf('embedded'), '--to', url, '--dry-run')
  expect(busy.code).toBe(1)
  expect(busy.out).toMatch(/is in use by process \d+/)
  expect((await migrate('--from', pathOf('embedded'), '--to', url)).out).toMatch(/is in use by process \d+/)
  await stop(embedded)

  const dry = await migrate('--from', pathOf('embedded'), '--to', url, '--dry-run')
  expect(JSON.parse(dry.out)).toMatchObject({
    dryRun: true,
    problems: [],
    source: { runs: 4, byStatus: { queued: 2 } },
  })
  expect(existsSync(join(pathOf('embedded'), 'transfer.json'))).toBe(false)

  const moved = await migrate('--from', pathOf('embedded'), '--to', url)
  expect(moved).toMatchObject({ code: 0 })
  const report = JSON.parse(moved.out) as { source: { checksum: string }; target: { checksum: string } }
  expect(report.target).toEqual(report.source)
  expect(report.source).toMatchObject({ runs: 4, byFlow: { 'default/parks': 1, 'default/report': 3 } })

  const refused = await tenon('start', ...quiet, ...data('embedded'))
  expect(refused.code).toBe(1)
  expect(refused.out).toMatch(/was moved to .* To take it back/)
  expect((await migrate('--from', pathOf('embedded'), '--to', await newUrl(server()))).out).toContain('was moved to')

  const nodes = [await start('one', '--database', url), await start('two', '--database', url)]
  expect(await statuses('two')).toEqual(before)
  const [, third, second, first] = await runs('two')
  await signal('one', first, 'go')
  await expect.poll(() => statuses('one'), { timeout: 30_000 }).toEqual(['failed', 'queued', 'waiting', 'completed'])
  await signal('two', second, 'go')
  await expect.poll(() => statuses('one'), { timeout: 30_000 }).toEqual(['failed', 'waiting', 'completed', 'completed'])
  expect((await migrate('--from', url, '--to', pathOf('back'))).out).toMatch(/is in use by node/)
  for (const node of nodes) await stop(node)
  expect((await migrate('--from', pathOf('embedded'), '--to', url, '--take-back')).out).toContain(
    'has been worked on since',
  )

  expect(await migrate('--from', url, '--to', pathOf('back'))).toMatchObject({ code: 0 })
  expect((await tenon('start', '--database', url, ...quiet, ...data('three'))).out).toContain('was moved to')
  const back = await start('back')
  expect(await statuses('back')).toEqual(['failed', 'waiting', 'completed', 'completed'])
  await signal('back', third, 'go')
  await expect
    .poll(() => statuses('back'), { timeout: 30_000 })
    .toEqual(['failed', 'completed', 'completed', 'completed'])
  await stop(back)
}, 300_000)

test('what is not there does not move, and is not made by asking', async () => {
  const refused = await migrate('--from', pathOf('mistyped'), '--to', pathOf('never'))
  expect(refused.code).toBe(1)
  expect(refused.out).toContain('holds nothing that could move')
  expect([existsSync(pathOf('mistyped')), existsSync(pathOf('never'))]).toEqual([false, false])
  expect((await migrate('--from', pathOf('mistyped'), '--to', pathOf('never'), '--dry-run')).out).toContain(
    'there is no journal in',
  )
})

test('a move is taken back as long as nobody has worked at the target; a target with other work is refused', async () => {
  const [url, other] = [await newUrl(server()), await newUrl(server())]
  const embedded = await start('mine')
  await tenon('runs', 'start', 'report', ...data('mine'))
  await expect.poll(() => statuses('mine'), { timeout: 30_000 }).toEqual(['waiting'])
  await stop(embedded)
  const ends = ['--from', pathOf('mine'), '--to', url]
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
  expect((await migrate('--from', pathOf('mine'), '--to', other)).out).toContain('holds other work')
  expect(existsSync(join(pathOf('mine'), 'transfer.json'))).toBe(false)
}, 200_000)
