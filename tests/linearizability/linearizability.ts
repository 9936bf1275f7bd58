// `npm run linearizability -- [--seconds N] [--seed S]`
import { parseArgs } from 'node:util'
import { judge } from './judge.ts'
import { histories } from './world.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
})
const seen = await histories({ seconds: Number(values.seconds), seed: Number(values.seed) })
const { problems, ...counts } = judge(seen)
console.log(JSON.stringify({ ...counts, wrongs: seen.wrongs, problems: problems.length }))
for (const problem of problems.slice(0, 5)) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
