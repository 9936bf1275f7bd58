// `npm run bench -- [--job <name>] [--json]`: one job of jobs/, measured beside a plain program; the last line is its result as JSON.
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Job } from './job.ts'
import { diskKind, freshFolder } from './measure/folder.ts'
import { profileVariable, tellProfiles } from './measure/profile.ts'
import { say, table } from './measure/progress.ts'
import { measuredTenon } from './order-webhook/engines.ts'

const jobs = readdirSync(new URL('jobs/', import.meta.url))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))

const { values } = parseArgs({
  options: {
    job: { type: 'string', default: 'order-webhook' },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    runs: { type: 'string' },
    profile: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function positive(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text.replaceAll('_', ''))
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} is ${text}; expected a whole number above 0`)
}

async function main(): Promise<void> {
  if (values.help || !jobs.includes(values.job)) {
    say(`npm run bench -- [--job ${jobs.join('|')}] [--rounds N] [--runs N] [--profile] [--json]`)
    process.exitCode = values.help ? 0 : 1
    return
  }
  const { job } = (await import(`./jobs/${values.job}.ts`)) as { job: Job }
  say(`${values.job}: ${job.description}`)
  say(`Node ${process.versions.node}, data on ${diskKind()} with fsync on; ${measuredTenon()}\n`)
  const profiles = values.profile ? freshFolder('profile') : null
  if (profiles !== null) process.env[profileVariable] = profiles.path
  const result = await job.run({ rounds: positive(values.rounds, 'rounds'), runs: positive(values.runs, 'runs') })
  if (profiles !== null) tellProfiles(profiles.path)
  profiles?.remove()
  if (values.json) console.log(JSON.stringify({ job: values.job, ...result }))
  else table(Object.entries(result).map(([figure, value]) => ({ figure, value: String(value) })))
}

await main()
