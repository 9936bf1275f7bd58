import { expect, test } from 'vitest'
import { isPostgresThere } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import { runClusterCampaign } from '../chaos/cluster/cluster-campaign.ts'

test('CLU-06: nodes are replaced one by one by the next version, of package and flow, and back and forth again, under load: nothing is lost, doubled or out of order', async (context) => {
  if (!isPostgresThere) context.skip('needs PostgreSQL')
  const report = await runClusterCampaign({ say: () => undefined, rate: 15, kills: 3, seed: 6, only: 'upgrade' })
  const good = { lost: 0, duplicated: 0, stuck: 0, outOfOrder: 0, problems: [] }
  expect(report).toMatchObject({ ...good, reached: { upgrade: 3 } })
  expect(report.accepted).toBeGreaterThan(0)
  expect(report.completed).toBe(report.accepted)
}, 300_000)
