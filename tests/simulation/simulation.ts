// `npm run simulation -- --seeds N [--from N] [--seed S] [--nodes 0..4]`
import { parseArgs } from 'node:util'
import { nodesOf, simulate, type Outcome } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    nodes: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
})

function whole(text: string, name: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`--${name} is ${text}; expected a whole number`)
}

const shownProblems = 5
const shownLines = 60
const sameEvery = 100

function tell({ seed, problems, trace }: Outcome): void {
  console.log(`\nseed ${seed}:`)
  for (const problem of problems.slice(0, shownProblems)) console.log(`  ${problem}`)
  // What concerns the runs that the first problem names says most.
  const named = new Set(problems[0]?.match(/\bR\d+\b/g) ?? [])
  const concerned =
    named.size === 0
      ? trace
      : trace.filter(
          (line) =>
            /^\S* ?(life|crash|drain|calm)/.test(line) ||
            [...named].some((run) => new RegExp(`\\b${run}\\b`).test(line)),
        )
  const lines = values.trace ? trace : concerned.slice(-shownLines)
  for (const line of lines) console.log(`    ${line}`)
  console.log(`  again: npm run simulation -- --seed ${seed} --trace`)
}

const from = values.seed === undefined ? whole(values.from, 'from') : whole(values.seed, 'seed')
const count = values.seed === undefined ? whole(values.seeds, 'seeds') : 1
let failed = 0
let runs = 0
let lives = 0
const began = performance.now()
let said = began

for (let seed = from; seed < from + count; seed += 1) {
  const nodes = values.nodes === undefined ? nodesOf(seed) : whole(values.nodes, 'nodes')
  const outcome = await simulate(seed, {}, nodes)
  runs += outcome.runs
  lives += outcome.lives
  let isGood = outcome.problems.length === 0
  if (!isGood) tell(outcome)
  if (seed % sameEvery === 0 || count === 1) {
    const again = await simulate(seed, {}, nodes)
    if (again.traceHash !== outcome.traceHash) {
      isGood = false
      const differs = outcome.trace.findIndex((line, index) => line !== again.trace[index])
      console.log(
        `\nseed ${seed} went another way the second time, from line ${differs + 1}:\n  ${outcome.trace[differs]}\n  ${again.trace[differs]}`,
      )
    }
  }
  if (!isGood) failed += 1
  const now = performance.now()
  if (now - said < 5000 && seed < from + count - 1) continue
  said = now
  const done = seed - from + 1
  console.log(
    `${done} of ${count} seeds, ${failed} failed, ${runs} runs in ${lives} processes, ${Math.round(done / ((now - began) / 1000))} seeds/s`,
  )
}
console.log(`${count - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
