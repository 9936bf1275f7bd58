import { expect, test } from 'vitest'
import { type CampaignOptions, runCampaign } from './campaign.ts'

const quiet: Pick<CampaignOptions, 'rate' | 'say'> = { rate: 40, say: () => undefined }
const good = { lost: 0, duplicated: 0, stuck: 0, problems: [] }

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
