// Reads what `--cpu-prof` leaves behind: where each thread's time went.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { say } from './progress.ts'

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

const shown = 30

/** Name of the environment variable with the folder that profiles of Tenon go to. */
export const profileVariable = 'BENCH_PROFILE'

export function tellProfiles(folder: string): void {
  for (const name of readdirSync(folder).toSorted())
    tell(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile)
}

function tell({ nodes, samples, timeDeltas }: Profile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const selfMs = new Map<string, number>()
  let totalMs = 0
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    const ms = (timeDeltas[at] ?? 0) / 1000
    totalMs += ms
    selfMs.set(nameOf(frame), (selfMs.get(nameOf(frame)) ?? 0) + ms)
  }
  say(`\na thread of Tenon, busy for ${Math.round(totalMs)} ms; time in each function itself:`)
  for (const [name, ms] of [...selfMs].toSorted((left, right) => right[1] - left[1]).slice(0, shown)) {
    say(`${ms.toFixed(0).padStart(7)} ms ${((ms / totalMs) * 100).toFixed(1).padStart(5)} %  ${name}`)
  }
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const file = url.replace(/^.*\/(packages|node_modules)\//, '')
  return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`
}
