import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'

export interface TypeMistake {
  /** `null` where the mistake is in no file, such as in the settings. */
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | null
  readonly message: string
}

/** Asks the project's own TypeScript, in a process of its own. */
export interface TypeCheck {
  /** The mistakes as the files are now; `null` where a later call took its place. */
  run(): Promise<readonly TypeMistake[] | null>
  stop(): void
}

/** `null` where the project has no TypeScript. */
export function findTypeCheck(appFile: string): TypeCheck | null {
  const compiler = findCompiler(appFile)
  if (compiler === null) return null
  const folder = dirname(resolve(appFile))
  const words = ['--pretty', 'false', '--project', writeSettings(resolve(appFile), compiler.modules)]
  let running: ChildProcess | null = null

  return {
    run() {
      running?.kill()
      const child = spawn(process.execPath, [compiler.path, ...words], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      running = child
      return new Promise((done) => {
        let text = ''
        child.stdout.on('data', (piece: Buffer) => (text += piece.toString()))
        child.on('error', () => done(null))
        child.on('close', () => done(running === child ? readMistakes(text, folder) : null))
      })
    },
    stop() {
      running?.kill()
      running = null
    },
  }
}

const usualSettings = {
  strict: true,
  skipLibCheck: true,
  module: 'nodenext',
  target: 'es2024',
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
}

/** The project's settings for the app and what it imports, whatever else they cover; with what one check has learnt for the next. */
function writeSettings(appFile: string, modules: string): string {
  const base = findSettings(appFile)
  const memory = memoryFolder(modules, appFile)
  const settings = {
    ...(base !== null && { extends: base }),
    compilerOptions: {
      ...(base === null && usualSettings),
      typeRoots: typeRootsOf(dirname(base ?? appFile)),
      noEmit: true,
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      incremental: true,
      tsBuildInfoFile: join(memory, 'learnt.tsbuildinfo'),
    },
    files: [appFile],
    include: [],
  }
  const path = join(memory, 'tsconfig.json')
  writeFileSync(path, JSON.stringify(settings))
  return path
}

/** Beside the packages, where tools keep such things; elsewhere when that cannot be written. */
function memoryFolder(modules: string, appFile: string): string {
  const path = join(modules, '.cache', 'tenon', createHash('sha1').update(appFile).digest('hex').slice(0, 12))
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK)
    return path
  } catch {
    return mkdtempSync(join(tmpdir(), 'tenon-types-'))
  }
}

/** Where packages of types lie, seen from the project: the compiler would look from where its settings are. */
function typeRootsOf(folder: string): string[] {
  const here = join(folder, 'node_modules/@types')
  const above = dirname(folder) === folder ? [] : typeRootsOf(dirname(folder))
  return existsSync(here) ? [here, ...above] : above
}

function findCompiler(appFile: string): { readonly path: string; readonly modules: string } | null {
  const from = createRequire(resolve(appFile))
  try {
    const manifest = from.resolve('typescript/package.json')
    const { bin } = from(manifest) as { readonly bin?: { readonly tsc?: string } }
    const folder = dirname(manifest)
    return bin?.tsc === undefined ? null : { path: join(folder, bin.tsc), modules: dirname(folder) }
  } catch {
    return null
  }
}

/** The nearest `tsconfig.json`, upwards. */
function findSettings(appFile: string): string | null {
  for (let folder = dirname(resolve(appFile)); ; folder = dirname(folder)) {
    const path = join(folder, 'tsconfig.json')
    if (existsSync(path)) return path
    if (folder === dirname(folder)) return null
  }
}

const headline = /^(?:(.+?)\((\d+),(\d+)\): )?error (TS\d+: .*)$/

function readMistakes(text: string, folder: string): TypeMistake[] {
  const mistakes: TypeMistake[] = []
  for (const line of text.split(/\r?\n/)) {
    const [found, file, row, column, message = ''] = headline.exec(line) ?? []
    const last = mistakes.at(-1)
    if (found === undefined) {
      // What belongs to the mistake above is set in.
      if (last !== undefined && line.startsWith('  '))
        mistakes[mistakes.length - 1] = { ...last, message: `${last.message}\n${line}` }
      continue
    }
    const place =
      file === undefined
        ? null
        : { file: isAbsolute(file) ? file : join(folder, file), line: Number(row), column: Number(column) }
    mistakes.push({ place, message })
  }
  return mistakes
}
