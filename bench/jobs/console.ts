import { setTimeout } from 'node:timers/promises'
import { connectToServer, type ManagementClient } from '../../packages/tenon/src/server/management-client.ts'
import { fillStore } from '../history/store.ts'
import type { Job } from '../job.ts'
import { freshFolder } from '../measure/folder.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { startTenon } from '../order-webhook/engines.ts'

const smallRuns = 1_000
const firstFilled = 1_000_000
const dayMs = 86_400_000
const warmUp = 5

interface Side {
  readonly client: ManagementClient
  readonly calls: Readonly<Record<string, string>>
}

interface Page {
  readonly runs: readonly { readonly run: string; readonly createdAt: number }[]
  readonly next: string | null
}

/** What the console asks for its pages, and each filter of the list with something to find. */
async function callsOf(client: ManagementClient): Promise<Side['calls']> {
  const page = async (query: string): Promise<Page> => (await client.get(`/runs?${query}`)) as unknown as Page
  const [newest, failed] = await Promise.all([page('limit=50'), page('status=failed&limit=1')])
  const [run = { run: '', createdAt: 0 }] = newest.runs
  const [broken = run] = failed.runs
  const window = `since=${run.createdAt - 6 * dayMs}&until=${run.createdAt - 5 * dayMs}`
  const { key } = (await client.get(`/runs/${run.run}`)) as { key: string }
  const { event } = (await client.get(`/runs/${run.run}`)) as { event: { id: string } }
  return {
    status: '/status',
    runs: '/runs',
    'runs, second page': `/runs?before=${newest.next}`,
    'runs: flow': '/runs?flow=order-paid',
    'runs: failed': '/runs?status=failed',
    'runs: living': '/runs?status=ready,queued,waiting,parked',
    'runs: completed': '/runs?status=completed',
    'runs: flow, status': '/runs?flow=order-paid&status=failed',
    'runs: code': '/runs?code=TIMEOUT',
    'runs: time': `/runs?${window}`,
    'runs: status, time': `/runs?status=failed&${window}`,
    'runs: flow, time': `/runs?flow=order-paid&${window}`,
    'runs: key': `/runs?key=${key}`,
    'runs: event': `/runs?event=${event.id}`,
    'runs: id begins': `/runs?id=${run.run.slice(0, 12)}`,
    'runs: id ends': `/runs?id=${run.run.slice(-8)}`,
    'a run': `/runs/${run.run}`,
    'a failed run': `/runs/${broken.run}`,
    'exchanges of a run': `/runs/${broken.run}/exchanges`,
    flows: '/flows',
    'a flow': '/flows/order-paid',
  }
}

async function time({ client, calls }: Side, name: string): Promise<number> {
  const path = calls[name] ?? ''
  const began = performance.now()
  await client.get(path)
  return performance.now() - began
}

export const job: Job = {
  description: `the time of each call of the console with many runs in the store, beside ${smallRuns}`,
  async run({ rounds = 40, runs = 1_000_000 }) {
    const [small, large] = [freshFolder('console-small'), freshFolder('console-large')]
    const stops: (() => Promise<void>)[] = []
    try {
      const sides: Side[] = []
      for (const [folder, count] of [
        [small, smallRuns],
        [large, runs],
      ] as const) {
        await fillStore({ folder: folder.path, runs: count, first: firstFilled, isVaried: true })
        const engine = await startTenon(['http://127.0.0.1:9', 'http://127.0.0.1:9'], { folder })
        stops.push(() => engine.stop())
        const client = connectToServer({ dataFolder: folder.path })
        sides.push({ client, calls: await callsOf(client) })
      }
      return await measure(sides as [Side, Side], rounds)
    } finally {
      for (const stop of stops) await stop()
      small.remove()
      large.remove()
    }
  },
}

async function measure([small, large]: readonly [Side, Side], rounds: number): Promise<Record<string, number>> {
  const results: Record<string, number> = {}
  for (const name of Object.keys(small.calls)) {
    const times: [few: number, many: number][] = []
    // In turn, since the machine changes its pace over time; the first ones warm up.
    for (let round = -warmUp; round < rounds; round += 1) times.push([await time(small, name), await time(large, name)])
    const counted = times.slice(warmUp)
    const [few, many] = [median(counted.map(([one]) => one)), median(counted.map(([, one]) => one))]
    line(name, { 'few ms': round(few, 2), 'many ms': round(many, 2), ratio: round(many / few, 2) })
    results[name] = round(many / few, 2)
    await setTimeout(50)
  }
  return { ...results, 'worst ratio': Math.max(...Object.values(results)) }
}
