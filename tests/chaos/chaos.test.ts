import { expect, test } from 'vitest'
import { isPostgresThere } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import { type CampaignOptions, runCampaign } from './campaign.ts'
import { runClusterCampaign } from './cluster/cluster-campaign.ts'

const quiet: Pick<CampaignOptions, 'rate' | 'say'> = { rate: 40, say: () => undefined }
const good = { lost: 0, duplicated: 0, stuck: 0, outOfOrder: 0, problems: [] }

test('WHI-01 DUR-02 DUR-11: after kills at random moments and at failpoints every accepted event has one completed run and each effect once', async () => {
  const report = await runCampaign({ ...quiet, kills: 8, seed: 8, manner: 'kill' })
  expect(report).toMatchObject(good)
  expect(report.accepted).toBeGreaterThan(0)
  expect(report.completed).toBe(report.accepted)
}, 300_000)

test('DUR-17: rolling restarts under load lose nothing and double nothing', async () => {
  const report = await runCampaign({ ...quiet, kills: 3, seed: 17, manner: 'restart' })
  expect(report).toMatchObject(good)
  expect(report.completed).toBe(report.accepted)
}, 300_000)

test('CLU-01 CLU-02 CLU-03 CLU-05: whatever goes wrong with nodes, network, clocks and database, nothing is lost, doubled or out of order', async (context) => {
  if (!isPostgresThere) context.skip('needs PostgreSQL')
  const report = await runClusterCampaign({ ...quiet, rate: 15, kills: 6, seed: 27 })
  expect(report).toMatchObject(good)
  expect(report.accepted).toBeGreaterThan(0)
  expect(report.completed).toBe(report.accepted)
}, 300_000)
