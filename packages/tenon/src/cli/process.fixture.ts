import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// The command line is tested as it is used: in a process of its own.

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Begun {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has said on its standard output so far. */
  out(): string
  /** Resolves when it says that, after what was found before; with the first group where there is one. */
  said(pattern: RegExp): Promise<string>
  /** The same, anew: only what comes from here on counts. */
  forget(): void
}

export interface Workplace {
  readonly folder: string
  /** Of what is begun from now on. */
  readonly environment: NodeJS.ProcessEnv
  begin(...words: string[]): Begun
  tenon(...words: string[]): Promise<Ended>
  /** Writes a file, and gives its name back. */
  write(name: string, text: string): string
  /** Ends what was begun. */
  clear(): void
  remove(): void
}

/** For a machine that is busy with much else. */
const sayLimitMs = 25_000

const cli = join(import.meta.dirname, 'cli.ts')

/** A folder beside the sources, so that the apps in it find the packages. */
export function createWorkplace(): Workplace {
  const folder = mkdtempSync(join(import.meta.dirname, '../../.test-'))
  const children: ChildProcess[] = []
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    TENON_DATA: join(folder, 'data'),
    PORT: '0',
    COLUMNS: '100',
  }

  function begin(...words: string[]): Begun {
    const child = spawn(process.execPath, ['--conditions=source', cli, ...words], {
      cwd: folder,
      env: environment,
    })
    children.push(child)
    let [out, err, from] = ['', '', 0]
    const watchers = new Set<() => void>()
    child.stdout.on('data', (piece: Buffer) => {
      out += piece.toString()
      for (const watcher of watchers) watcher()
    })
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()))
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, out, err })))
    const said = (pattern: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`it did not say ${pattern.source}: ${out}${err}`)), sayLimitMs)
        const look = (): void => {
          const found = pattern.exec(out.slice(from))
          if (found === null) return
          clearTimeout(limit)
          watchers.delete(look)
          resolve(found[1] ?? found[0])
        }
        watchers.add(look)
        look()
        void ended.then(() => reject(new Error(`it ended before it said ${pattern.source}: ${out}${err}`)))
      })
    return { child, ended, out: () => out, said, forget: () => void (from = out.length) }
  }

  return {
    folder,
    environment,
    begin,
    tenon: (...words) => begin(...words).ended,
    write(name, text) {
      writeFileSync(join(folder, name), text)
      return name
    },
    clear() {
      for (const child of children.splice(0)) child.kill('SIGKILL')
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }),
  }
}
