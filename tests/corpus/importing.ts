// A process that imports its share of the documents: for each a line of JSON on the standard output.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../packages/tenon/src/base/errors.ts'
import { generate } from '../../packages/tenon/src/generator/generator.ts'
import { loadProtocols } from '../../packages/tenon/src/protocol/registry.ts'

/** What the process is told: documents, each with a place for its file where that is wanted. */
export interface Share {
  readonly documents: readonly { readonly name: string; readonly path: string; readonly file: string | null }[]
  readonly folder: string
  /** Moment after which nothing more is begun. */
  readonly until: number
}

export interface Imported {
  readonly name: string
  /** `null` where it was imported. */
  readonly problem: string | null
  readonly operations: number
}

const protocols = await loadProtocols()

async function importOne({ name, path, file }: Share['documents'][number], folder: string): Promise<Imported> {
  try {
    const text = readFileSync(path, 'utf8')
    const document = { location: name, text, related: () => Promise.reject(new Error('names another document')) }
    const protocol = protocols.find((one) => one.recognise(document) !== null)
    if (protocol === undefined) throw new Error('no protocol recognises it')
    const api = await protocol.describe(document, { only: () => true })
    const { format, title, version } = api
    const code = generate(api, { name: file ?? 'api', source: { location: name, format, title, version, sha256: '' } })
    if (file !== null) writeFileSync(join(folder, `${file}.generated.ts`), code)
    return { name, problem: null, operations: api.operations.length }
  } catch (error) {
    return { name, problem: messageOf(error), operations: 0 }
  }
}

const { documents, folder, until } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Share
for (const document of documents) {
  if (Date.now() > until) break
  process.stdout.write(`${JSON.stringify(await importOne(document, folder))}\n`)
}
