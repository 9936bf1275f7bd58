import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf, TenonError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import type { App } from '../definition/app.ts'
import { checkApp } from '../definition/check.ts'
import { isObject, type AppProblem } from '../definition/problem.ts'

export interface LoadedApp {
  readonly app: App
  /** As a person names it: from the current folder. */
  readonly file: string
  readonly problems: readonly AppProblem[]
}

/** The app that a file exports by default, and its mistakes. Rejects with `APP_INVALID` when there is none, or when the file throws. */
export async function loadApp(
  path: string,
  { simulate }: { readonly simulate?: boolean | undefined } = {},
): Promise<LoadedApp> {
  const absolute = resolve(path)
  const file = shownPath(absolute)
  if (!existsSync(absolute)) {
    throw new TenonError('APP_INVALID', `There is no file ${file}. Name the file that exports your app: --app app.ts`)
  }
  const module = await importModule(absolute, file)
  const app = module['default']
  if (!isObject(app) || app['kind'] !== 'app') {
    throw new TenonError(
      'APP_INVALID',
      `${file} does not export an app. End it with: export default defineApp({ flows: [ … ] })`,
    )
  }
  const { options } = app as unknown as App
  // Without its simulators, each connector needs a connection.
  const isSimulated = simulate ?? options.database === undefined
  const meant: App = { kind: 'app', options: isSimulated ? options : { ...options, simulators: [] } }
  return { app: meant, file, problems: checkApp(meant) }
}

/** How the project of an app file calls itself: by the name in its package.json, else by its folder. */
export function projectName(path: string): string {
  const home = dirname(resolve(path))
  for (let folder = home; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) return nameIn(manifest) ?? basename(folder)
  }
  return basename(home)
}

function nameIn(manifest: string): string | null {
  try {
    const value = parseJson(readFileSync(manifest, 'utf8'))
    // The scope says whose it is, not what.
    const name = isObject(value) && typeof value['name'] === 'string' ? value['name'].replace(/^@[^/]*\//, '') : ''
    return name === '' ? null : name
  } catch {
    return null
  }
}

/** Refuses an app with mistakes, naming all of them. */
export function requireSound({ file, problems }: LoadedApp): void {
  if (problems.length === 0) return
  throw new TenonError('APP_INVALID', describeProblems(file, problems), { details: { file, problems } })
}

export function describeProblems(file: string, problems: readonly AppProblem[]): string {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`
  const lines = problems.map(({ where, message, remedy }) => `  ${where}: ${message}\n    ${remedy}`)
  return [`${file} has ${count}:`, ...lines].join('\n')
}

async function importModule(absolute: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(absolute).href)) as Record<string, unknown>
  } catch (error) {
    const place = placeOf(error)
    throw new TenonError(
      'APP_INVALID',
      `${place ?? file} stops with: ${reasonOf(error)}${place === null || place.startsWith(`${file}:`) ? '' : `\n  It is loaded by ${file}.`}`,
      { cause: error, ...(place !== null && { details: { place } }) },
    )
  }
}

/** The first position in the stack that is the user's own code. */
function placeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const lines = (error.stack ?? '').split('\n')
  for (const [index, line] of lines.entries()) {
    const found = /(?:^|[\s(])(?:file:\/\/)?(\/[^\s()]+?|[A-Za-z]:[\\/][^\s()]+?):(\d+)(?::(\d+))?\)?$/.exec(
      line.trim(),
    )
    if (found === null || /[\\/]node_modules[\\/]|^node:/.test(line) || isOurs(found[1] ?? '')) continue
    const column = found[3] ?? markedColumn(lines.slice(index + 1, index + 4))
    return `${shownPath(decodeURI(found[1] ?? ''))}:${found[2]}${column === null ? '' : `:${column}`}`
  }
  return null
}

/** A mistake in the syntax is marked below its line instead. */
function markedColumn(lines: readonly string[]): string | null {
  const mark = lines.find((line) => /^\s*\^+\s*$/.test(line))
  return mark === undefined ? null : String(mark.indexOf('^') + 1)
}

const ownFolder = new URL('..', import.meta.url).pathname

function isOurs(path: string): boolean {
  return path.startsWith(ownFolder)
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error && error.name !== 'Error' && !TenonError.is(error) ? `${error.name}: ` : ''
  return name + messageOf(error).split('\n', 1)[0]
}

export function shownPath(absolute: string): string {
  const fromHere = relative(process.cwd(), absolute)
  return fromHere.startsWith('..') ? absolute : fromHere
}
