// What PostgreSQL's programs need of this machine: where they are, and a user who may run them.
import { execFileSync, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

/** The folder of its programs. */
const bin = findPrograms()

function findPrograms(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [
    process.env['POSTGRES_BIN'] ?? '',
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/opt/homebrew/bin',
    '/usr/local/bin',
  ]
  return (
    folders.find(
      (folder) =>
        folder !== '' && ['initdb', 'postgres', 'pg_basebackup'].every((name) => existsSync(join(folder, name))),
    ) ?? null
  )
}

export const isPostgresThere: boolean = bin !== null

export function program(name: string): string {
  if (bin === null) throw new Error('needs PostgreSQL')
  return join(bin, name)
}

/** The server refuses to be run by root. */
const owner = process.getuid?.() === 0 ? otherUser() : null

function otherUser(): { readonly uid: number; readonly gid: number } {
  const id = (...words: string[]): number =>
    Number(execFileSync('id', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: id('-u', name), gid: id('-g', name) }
    } catch {
      // There is no such user.
    }
  }
  throw new Error('run as root, the tests need a user postgres or nobody')
}

export function asOwner(): { readonly uid?: number; readonly gid?: number; readonly cwd: string } {
  return { ...owner, cwd: dirname(tmpdir()) === '.' ? '/' : tmpdir() }
}

export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-postgres-'))
  if (owner !== null) chownSync(folder, owner.uid, owner.gid)
  return folder
}

export function writeOwn(folder: string, name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content, { mode: 0o600 })
  if (owner !== null) chownSync(path, owner.uid, owner.gid)
  return path
}

export function processesOf(child: ChildProcess | null): readonly number[] {
  if (child?.pid === undefined) return []
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number))
  return [child.pid, ...pairs.flatMap(([pid = 0, parent]) => (parent === child.pid ? pid : []))]
}

export function signal(pid: number, kind: NodeJS.Signals): void {
  try {
    process.kill(pid, kind)
  } catch {
    // It has ended by itself.
  }
}
