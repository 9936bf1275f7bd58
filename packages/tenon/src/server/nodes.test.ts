import { expect, test } from 'vitest'
import { memoryCluster } from '../journal/memory-cluster.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { authorised, start } from './server.fixture.ts'
import { clusterMetrics } from './measures.ts'

const leaseMs = 10_000

async function cluster() {
  const clock = virtualClock()
  const { open } = memoryCluster({ leaseMs })
  let isCut = false
  const faults = { isCut: () => isCut }
  const [one, two] = [open({ clock, faults }), open({ clock })]
  await clock.advance(leaseMs)
  const { membership } = one.ownership
  const harness = await start({ clock, membership })
  const health = async () => {
    const answer = await harness.ask('/health')
    return [answer.status, await answer.json()]
  }
  const ask = async (path: string) => (await harness.ask(path, { headers: authorised })).json()
  return { clock, one, two, membership, ask, health, cut: (so: boolean) => (isCut = so) }
}

test('a node whose lease has run out says that it is cut off, until it has another', async () => {
  const { clock, health, cut } = await cluster()
  expect(await health()).toEqual([200, { status: 'ready' }])
  cut(true)
  await clock.advance(leaseMs / 2)
  expect(await health()).toEqual([200, { status: 'ready' }])
  await clock.advance(leaseMs)
  expect(await health()).toEqual([503, { status: 'cut-off' }])
  cut(false)
  await clock.advance(leaseMs)
  expect(await health()).toEqual([200, { status: 'ready' }])
})

test('the nodes, what each holds and who leaves', async () => {
  const { clock, two, ask } = await cluster()
  expect(await ask('/api/v1/nodes')).toMatchObject({
    cluster: {
      partitions: 8,
      unheld: 0,
      nodes: [
        { name: 'node-1', isThis: true, isLeaving: false, partitions: 4, ready: 0, figures: { batches: 0 } },
        { name: 'node-2', isThis: false, isLeaving: false, partitions: 4 },
      ],
    },
  })
  expect(await ask('/api/v1/status')).toMatchObject({ nodes: 2 })
  two.ownership.membership?.leave()
  await clock.advance(100)
  expect(await ask('/api/v1/nodes')).toMatchObject({
    cluster: { unheld: 0, nodes: [{ partitions: 8 }, { isLeaving: true, partitions: 0 }] },
  })
})

test('the status tells how many nodes there are from memory, also while the database is away', async () => {
  const { ask, membership } = await cluster()
  if (membership !== null) membership.nodes = () => Promise.reject(new Error('asked'))
  expect(await ask('/api/v1/status')).toMatchObject({ nodes: 2 })
})

test('a node by itself is no cluster', async () => {
  const { ask } = await start()
  expect(await (await ask('/api/v1/nodes', { headers: authorised })).json()).toEqual({ cluster: null })
  expect(await (await ask('/api/v1/status', { headers: authorised })).json()).toMatchObject({ nodes: null })
  expect(clusterMetrics(null)).toEqual([])
})

test('OBS-02: a node counts what it holds and took over, without a label', async () => {
  const { clock, two, membership } = await cluster()
  const read = async () =>
    Object.fromEntries(
      await Promise.all(clusterMetrics(membership).map(async ({ name, read }) => [name, [...(await read())]] as const)),
    )
  expect(await read()).toMatchObject({
    tenon_partitions_held: [[{}, 4]],
    tenon_partitions_taken_over_total: [[{}, 0]],
    tenon_appends_fenced_total: [[{}, 0]],
  })
  two.crash()
  await clock.advance(2 * leaseMs)
  expect(await read()).toMatchObject({
    tenon_partitions_held: [[{}, 8]],
    tenon_partitions_taken_over_total: [[{}, 4]],
  })
  expect((await read())['tenon_lease_age_seconds']?.[0]?.[1]).toBeLessThan(leaseMs / 1000)
})
