import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { TenonError } from '../../base/errors.ts'
import { changesBetween, type Change } from '../../generator/changes.ts'
import { readGenerated, type ReadBack } from '../../generator/generated.ts'
import { generate } from '../../generator/generator.ts'
import type { ApiDescription } from '../../protocol/description.ts'
import type { WrittenSource } from '../../protocol/written.ts'
import { openDocuments } from './documents.ts'
import { ownFile } from './own-file.ts'
import { chooseBy, type Choice } from './patterns.ts'
import { requireProtocol } from './recognise.ts'
import { tellChanges, tellFound, tellNext } from './tell.ts'
import { exitCodes, listOption, type CommandInput } from '../command.ts'

/** `tenon add`: reads a description, shows what it holds, and writes the files. Resolves with the exit code. */
export async function add(input: CommandInput): Promise<number> {
  const name = requireName(input.arguments[0])
  const files = { generated: `${name}.generated.ts`, own: `${name}.ts` }
  const before = generatedBefore(files.generated)
  const { api, source } = await readApi(input, sourceOf(input, before, files.generated))
  const text = generate(api, { name, source })
  const changes = changesFrom(before, text)
  const isSame = before !== null && readFileSync(files.generated, 'utf8') === text
  const isNew = !existsSync(files.own)
  const texts = [...(isSame ? [] : [[files.generated, text]]), ...(isNew ? [[files.own, ownFile(name, api)]] : [])]
  if (!input.json) tellFound(input.terminal, api, source.only !== undefined)
  if (!input.json && before !== null) tellChanges(input.terminal, changes, isSame)
  const isDry = input.options['dryRun'] === true
  const written = texts.map(([file = '']) => file)
  if (!isDry) {
    if (!(await isAgreed(input, written))) return exitCodes.failed
    for (const [file = '', content = ''] of texts) writeFileSync(file, content)
  }
  if (input.json) tellAll(input, api, { changes, written: isDry ? [] : written, source })
  else tellNext(input.terminal, { name, written, isDry, isNew, size: sizeOf(text) })
  return exitCodes.good
}

function changesFrom(before: ReadBack | null, text: string): readonly Change[] {
  const after = before === null ? null : readGenerated(text)
  return before === null || after === null ? [] : changesBetween(before, after)
}

interface Asked {
  readonly location: string
  readonly patterns: readonly string[]
}

interface Found {
  readonly api: ApiDescription
  readonly source: WrittenSource
}

async function readApi(input: CommandInput, { location, patterns }: Asked): Promise<Found> {
  await using closing = new AsyncDisposableStack()
  const progress = (message: string): void => input.terminal.err(input.terminal.colours.dim(message))
  const documents = await openDocuments(location, { environment: input.environment, onProgress: progress, closing })
  const { protocol, format } = await requireProtocol(documents.first)
  if (documents.first.text.length > largeText) progress(`Reading ${format}, ${sizeOf(documents.first.text)}`)
  const choice = chooseBy(patterns)
  const api = await protocol.describe(documents.first, { only: choice.only })
  requireOperations(api, choice, location)
  const { title, version } = api
  const source = { location, format: api.format, title, version, sha256: documents.sha256() }
  return { api, source: { ...source, ...(patterns.length > 0 && { only: patterns }) } }
}

const largeText = 4 * 1024 * 1024

function requireName(name = ''): string {
  if (/^[a-z][a-z\d]*(?:[-_][a-z\d]+)*$/i.test(name)) return name
  throw new TenonError(
    'INPUT_INVALID',
    `${JSON.stringify(name)} is no name for a connector: write letters and digits, such as shop or my-shop`,
  )
}

/** What the file says that is there already. One that this command did not make is not touched. */
function generatedBefore(file: string): ReadBack | null {
  if (!existsSync(file)) return null
  const before = readGenerated(readFileSync(file, 'utf8'))
  if (before !== null) return before
  throw new TenonError(
    'INPUT_INVALID',
    `${file} is there, and was not made by tenon add: move it away, or choose another name`,
  )
}

function sourceOf(input: CommandInput, before: ReadBack | null, file: string): Asked {
  const asked = listOption(input, 'only')
    .flatMap((pattern) => pattern.split(','))
    .filter((pattern) => pattern !== '')
  const isUpdate = input.options['update'] === true
  if (isUpdate && before === null)
    throw new TenonError('INPUT_INVALID', `there is no ${file} here to update; without --update, name the description`)
  const location = input.arguments[1] ?? (isUpdate ? before?.source.location : undefined)
  if (location === undefined)
    throw new TenonError('INPUT_INVALID', 'name the description: a file, or a URL that begins with https://')
  return { location, patterns: asked.length > 0 || !isUpdate ? asked : (before?.source.only ?? []) }
}

function requireOperations({ operations }: ApiDescription, choice: Choice, location: string): void {
  const idle = choice.idle()
  const known = `There are, among others: ${choice.known().join(', ')}`
  if (idle.length > 0)
    throw new TenonError(
      'INPUT_INVALID',
      `no operation of ${location} fits ${idle.map((one) => JSON.stringify(one)).join(' or ')}. ${known}`,
    )
  if (operations.length === 0)
    throw new TenonError('DESCRIPTION_INVALID', `${location}: describes no operation that can be called`)
}

async function isAgreed(input: CommandInput, files: readonly string[]): Promise<boolean> {
  if (files.length === 0) return true
  const asks = process.stdin.isTTY && process.stdout.isTTY && input.options['yes'] !== true && !input.json
  if (!asks) return true
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: `Write ${files.join(' and ')}?` })
  return !isCancel(answer) && answer
}

function sizeOf(text: string): string {
  return text.length < 1024 * 1024
    ? `${Math.ceil(text.length / 1024)} KB`
    : `${(text.length / 1024 / 1024).toFixed(1)} MB`
}

function tellAll(
  { terminal }: CommandInput,
  api: ApiDescription,
  more: { readonly changes: readonly Change[]; readonly written: readonly string[]; readonly source: WrittenSource },
): void {
  const { format, title, version, baseUrl, notes } = api
  const operations = api.operations.map(({ name }) => name)
  const events = api.events.map(({ type }) => type)
  const auth = api.auth.map(({ scheme }) => scheme)
  terminal.out(JSON.stringify({ format, title, version, baseUrl, operations, events, auth, notes, ...more }))
}
