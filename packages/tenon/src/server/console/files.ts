import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'

/** The built console, as it lies in a folder: what is not in its list cannot be asked for. */
export interface ConsoleFiles {
  /** The file of that name below the folder, `null` for none. */
  find(name: string): ConsoleFile | null
}

export interface ConsoleFile {
  readonly type: string
  readonly etag: string
  /** True for names that hold a digest of the content: these never change. */
  readonly isImmutable: boolean
  /** The content as it is, and compressed where the build made that. */
  readonly forms: ReadonlyMap<Encoding, Buffer>
}

export type Encoding = 'identity' | 'br' | 'gzip'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** True for a name that can only be a file, never a place in the console. */
export function isFileName(name: string): boolean {
  return name.startsWith('assets/') || Object.hasOwn(types, extname(name))
}

/** Where the package of the console has been built; `null` where it is not installed. */
export function findConsole(): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@tenon/console/package.json')), 'dist')
  } catch {
    return null
  }
}

/** Reads the list of files when first asked, and again when the console was built anew; each file is read once. */
export function consoleFiles(folder: string): ConsoleFiles {
  let names: ReadonlySet<string> = new Set()
  let builtAt = -1
  const files = new Map<string, ConsoleFile>()
  return {
    find(name) {
      // Once for each page, not for each file of it.
      if (name === 'index.html' || builtAt < 0) {
        const found = statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? -1
        if (found !== builtAt) {
          files.clear()
          names = found < 0 ? new Set() : namesIn(folder, '')
          builtAt = found
        }
      }
      if (!names.has(name)) return null
      const file = files.get(name) ?? read(folder, name, names)
      files.set(name, file)
      return file
    },
  }
}

/** Real files only: a link could lead out of the folder, and what begins with a dot is the build's own. */
function namesIn(folder: string, below: string): Set<string> {
  const names = new Set<string>()
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) for (const inner of namesIn(folder, name)) names.add(inner)
    else if (entry.isFile()) names.add(name)
  }
  return names
}

function read(folder: string, name: string, names: ReadonlySet<string>): ConsoleFile {
  const plain = readFileSync(join(folder, name))
  const forms = new Map<Encoding, Buffer>([['identity', plain]])
  for (const [encoding, ending] of [
    ['br', '.br'],
    ['gzip', '.gz'],
  ] as const)
    if (names.has(name + ending)) forms.set(encoding, readFileSync(join(folder, name + ending)))
  return {
    type: types[extname(name)] ?? 'application/octet-stream',
    etag: createHash('sha256').update(plain).digest('base64url').slice(0, 27),
    isImmutable: name.startsWith('assets/'),
    forms,
  }
}
