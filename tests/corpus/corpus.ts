// `npm run corpus -- [--seconds N] [--sample N] [--all] [--json]`: imports public descriptions of APIs by the thousand, generates, and has the compiler judge a sample that is another one every day.
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { documentsOfCorpus, installCorpus, type CorpusDocument } from './documents.ts'
import type { Imported, Share } from './importing.ts'
import { known } from './known.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Larger ones are imported, but left out of the sample: the compiler takes minutes for them. */
const mostCheckedBytes = 6_000_000
const perProject = 100
const leastShare = 0.99

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '0' },
    sample: { type: 'string', default: '200' },
    all: { type: 'boolean', default: false },
    from: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const say = (text: string): void => void process.stderr.write(`${text}\n`)

interface Failure {
  readonly document: string
  readonly problem: string
  /** Why it may fail; left out where nobody has said. */
  readonly reason?: string
}

/** The documents from another place every day, so that a run that is cut short sees all of them in time. */
function rotated(documents: readonly CorpusDocument[]): readonly CorpusDocument[] {
  const from = values.from === undefined ? Math.floor(Date.now() / dayMs) * 97 : Number(values.from)
  const start = from % documents.length
  return [...documents.slice(start), ...documents.slice(0, start)]
}

/** Gives each process its share, and collects what they say. */
async function importAll(documents: readonly CorpusDocument[], folder: string): Promise<readonly Imported[]> {
  const sample = values.all ? documents.length : Number(values.sample)
  const small = documents.filter(({ bytes }) => bytes <= mostCheckedBytes).slice(0, sample)
  const files = new Map(small.map(({ name }, index) => [name, `api${index}`]))
  const processes = Math.min(availableParallelism(), 4)
  const until = Number(values.seconds) > 0 ? Date.now() + Number(values.seconds) * 1000 : Number.MAX_SAFE_INTEGER
  const found: Imported[] = []
  let told = Date.now()
  const shares = Array.from({ length: processes }, (_, index) => {
    const own = documents.filter((_, at) => at % processes === index)
    const share: Share = {
      documents: own.map(({ name, path }) => ({ name, path, file: files.get(name) ?? null })),
      folder: join(folder, 'src'),
      until,
    }
    const list = join(folder, `share-${index}.json`)
    writeFileSync(list, JSON.stringify(share))
    const words = ['--conditions=source', join(import.meta.dirname, 'importing.ts'), list]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      found.push(JSON.parse(line) as Imported)
      if (Date.now() - told < 10_000) return
      told = Date.now()
      say(`${found.length} of ${documents.length} imported`)
    })
    return new Promise<void>((resolve, reject) => {
      child.on('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`a process that imports ended with ${code}`)),
      )
    })
  })
  await Promise.all(shares)
  return found
}

/** What the compiler says of each file, a hundred at a time. */
async function typeCheck(files: readonly string[], folder: string): Promise<ReadonlyMap<string, string>> {
  const compiler = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
  const problems = new Map<string, string>()
  for (let start = 0; start < files.length; start += perProject) {
    const part = files.slice(start, start + perProject)
    const project = join(folder, `tsconfig-${start}.json`)
    const base = join(import.meta.dirname, '../../tsconfig.base.json')
    const compilerOptions = { noEmit: true }
    writeFileSync(project, JSON.stringify({ extends: base, compilerOptions, files: part.map((file) => `src/${file}`) }))
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, [compiler, '-p', project], { maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) =>
        resolve(stdout),
      )
    })
    for (const line of output.split('\n')) {
      const [, file = ''] = /([\w.]+\.generated\.ts)\(/.exec(line) ?? []
      if (file !== '' && !problems.has(file)) problems.set(file, line.replace(/^.*?\): /, ''))
      else if (file === '' && /error TS/.test(line)) problems.set('', line)
    }
    say(`${Math.min(start + perProject, files.length)} of ${files.length} type-checked`)
  }
  return problems
}

async function main(): Promise<void> {
  await installCorpus(say)
  const documents = rotated(documentsOfCorpus())
  const folder = mkdtempSync(join(import.meta.dirname, '../.test-corpus-'))
  mkdirSync(join(folder, 'src'))
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const found = await importAll(documents, folder)
    const files = readdirSync(join(folder, 'src')).toSorted()
    const problems = await typeCheck(files, folder)
    const sources = documents.filter(({ bytes }) => bytes <= mostCheckedBytes)
    const failed: Failure[] = [
      ...found.filter(({ problem }) => problem !== null).map(({ name, problem }) => failure(name, problem ?? '')),
      ...[...problems].map(([file, problem]) =>
        failure(sources[Number(/\d+/.exec(file)?.[0])]?.name ?? file, `does not type-check: ${problem}`),
      ),
    ]
    const imported = found.filter(({ problem }) => problem === null).length
    tell({ documents: found.length, imported, typechecked: files.length - problems.size, failed })
    const isGood = failed.every(({ reason }) => reason !== undefined) && imported >= found.length * leastShare
    process.exitCode = isGood && found.length > 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function failure(document: string, problem: string): Failure {
  const reason = known[document]
  return { document, problem, ...(reason !== undefined && { reason }) }
}

function tell(result: { readonly failed: readonly Failure[]; readonly [figure: string]: unknown }): void {
  if (!values.json)
    for (const { document, problem, reason } of result.failed)
      say(`${document}: ${problem}${reason === undefined ? '' : ` (${reason})`}`)
  console.log(JSON.stringify(result))
}

await main()
