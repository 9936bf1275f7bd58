// `npm run chaos -- --kills N [--seed S] [--rate R] [--restart] [--json]`
import { parseArgs } from 'node:util'
import { isGood, runCampaign } from './campaign.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '40' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '60' },
    restart: { type: 'boolean', default: false },
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

say(`${kills} ${manner === 'kill' ? 'kills' : 'restarts'} under load, seed ${seed}`)
const began = performance.now()
const report = await runCampaign({ kills, seed, manner, rate: whole(values.rate, 'rate'), say })

const listed = (counts: Iterable<readonly [string, number]>) =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
say(
  `took ${Math.round((performance.now() - began) / 1000)} s; failpoints reached: ${listed(Object.entries(report.reached)) || 'none'}`,
)
say(`faults met by calls: ${listed(report.faults)}`)
for (const problem of report.problems) say(`PROBLEM: ${problem}`)

const { accepted, completed, undecided, lost, duplicated, stuck } = report
if (values.json) say(JSON.stringify({ kills, accepted, completed, undecided, lost, duplicated, stuck }))
else
  say(
    `${accepted} accepted, ${completed} completed, ${undecided} undecided, ${lost} lost, ${duplicated} duplicated, ${stuck} stuck`,
  )
process.exit(isGood(report) ? 0 : 1)
