// `npm run chaos -- --kills N [--seed S] [--rate R] [--restart] [--cluster [--only WHAT]] [--json]`
import { parseArgs } from 'node:util'
import { isGood, runCampaign } from './campaign.ts'
import { runClusterCampaign } from './cluster/cluster-campaign.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '40' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '60' },
    restart: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

function whole(text: string, name: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`--${name} is ${text}; expected a whole number`)
}

const kills = whole(values.kills, 'kills')
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : whole(values.seed, 'seed')
const manner = values.restart ? 'restart' : 'kill'
const say = (text: string) => console.log(text)

const what = values.cluster ? 'things that go wrong in a cluster' : manner === 'kill' ? 'kills' : 'restarts'
say(`${kills} ${what} under load, seed ${seed}`)
const began = performance.now()
const campaign = { kills, seed, rate: whole(values.rate, 'rate'), say }
const only = values.only === undefined ? {} : { only: values.only }
const report = await (values.cluster
  ? runClusterCampaign({ ...campaign, ...only })
  : runCampaign({ ...campaign, manner }))

const listed = (counts: Iterable<readonly [string, number]>) =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
say(
  `took ${Math.round((performance.now() - began) / 1000)} s; ${values.cluster ? 'went wrong' : 'failpoints reached'}: ${listed(Object.entries(report.reached)) || 'none'}`,
)
say(`faults met by calls: ${listed(report.faults)}`)
for (const problem of report.problems) say(`PROBLEM: ${problem}`)

const { accepted, completed, undecided, lost, duplicated, stuck, outOfOrder } = report
if (values.json) say(JSON.stringify({ kills, accepted, completed, undecided, lost, duplicated, stuck, outOfOrder }))
else
  say(
    `${accepted} accepted, ${completed} completed, ${undecided} undecided, ${lost} lost, ${duplicated} duplicated, ${stuck} stuck, ${outOfOrder} out of order`,
  )
process.exit(isGood(report) ? 0 : 1)
