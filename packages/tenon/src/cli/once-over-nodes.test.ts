import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createNodes, newUrl } from './nodes.fixture.ts'

const server = usePostgres()
const { write, clear, remove, start, ask } = createNodes()
afterEach(clear)
afterAll(remove)

write(
  'ticks.ts',
  `
import { defineApp, defineFlow, schedule } from 'tenon'
const tick = defineFlow('tick', { trigger: schedule('* * * * * *', { catchUp: 'all' }), run: async () => null })
export default defineApp({ flows: [tick] })
`,
)

test('CLU-03, DUR-10: a schedule starts each time once over two nodes, also when the one that brought it on is killed', async () => {
  const url = await newUrl(server())
  const nodes = await Promise.all(['one', 'two'].map((node) => start(node, '--app', 'ticks.ts', '--database', url)))
  const startsAt = async (node: string): Promise<readonly number[]> => {
    const { runs } = (await ask(node, 'GET', '/runs?limit=100')) as { runs: readonly { run: string }[] }
    const told = await Promise.all(runs.map(({ run }) => ask(node, 'GET', `/runs/${run}`)))
    return (told as readonly { event: { at: number } }[]).map(({ event }) => event.at)
  }
  await expect.poll(async () => (await startsAt('one')).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(5)
  // Whoever of them has it, it goes on with the other.
  nodes[0]?.child.kill('SIGKILL')
  const before = (await startsAt('two')).length
  await expect
    .poll(async () => (await startsAt('two')).length, { timeout: 120_000, interval: 1000 })
    .toBeGreaterThanOrEqual(before + 15)
  // Each second once, and none was left out.
  const times = (await startsAt('two')).toSorted((one, other) => one - other)
  expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 1000))
}, 240_000)
