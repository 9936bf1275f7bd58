import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, TenonError } from '../../base/errors.ts'
import { keyBytes } from './cipher.ts'
import { localKeys, readKey, type LocalKey } from './local-keys.ts'
import type { MasterKeys } from './master-keys.ts'

export interface FileKeyOptions {
  readonly path: string
  /** True while no data key is stored, so that a first master key may be made. Without it a missing file is never made. */
  readonly isUnused?: () => Promise<boolean>
}

/** Master keys in a file that only its owner can read, one to a line in base64; the last one wraps. A new one is a new line, so that two processes never lose each other's. */
export function fileKeys({ path, isUnused }: FileKeyOptions): MasterKeys {
  async function load(): Promise<readonly LocalKey[]> {
    if (!existsSync(path)) {
      if (isUnused === undefined || !(await isUnused())) throw missing(path)
      create(path)
    }
    return read(path, isUnused === undefined)
  }
  return {
    source: `file ${path}`,
    ...localKeys(load),
    async renew() {
      await load()
      try {
        append(path)
      } catch (error) {
        throw new TenonError(
          'FORBIDDEN',
          `no new master key can be added to ${path} (${messageOf(error)}). Add one yourself, then rotate again: openssl rand -base64 ${keyBytes} >> ${path}`,
          { cause: error },
        )
      }
    },
  }
}

function missing(path: string): TenonError {
  return new TenonError(
    'VAULT_LOCKED',
    `the master key file ${path} is missing, and without it the stored secrets cannot be opened. Bring it back from where you keep it. Nodes that share a database need the same key: name its file by TENON_MASTER_KEY_FILE. If it is lost for ever, take store.db out of the data folder, or the schema tenon out of the database, and connect the accounts anew.`,
    { retryable: false },
  )
}

function read(path: string, isNamed: boolean): readonly LocalKey[] {
  let text: string
  try {
    refuseOpenFile(path, isNamed)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (TenonError.is(error)) throw error
    throw new TenonError('VAULT_LOCKED', `the master key file ${path} cannot be read (${messageOf(error)})`, {
      cause: error,
    })
  }
  // What has no end of line was not written whole.
  const lines = text.split('\n')
  const whole = lines.length === 1 ? lines : lines.slice(0, -1)
  return whole
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => readKey(line, `a line of ${path}`))
}

/** A file that is handed to the process, such as a mounted secret, may be readable by its group. */
function refuseOpenFile(path: string, isNamed: boolean): void {
  const { mode } = statSync(path)
  if (process.platform === 'win32' || (mode & (isNamed ? 0o037 : 0o077)) === 0) return
  throw new TenonError(
    'VAULT_LOCKED',
    `the master key file ${path} can be used by others (mode ${(mode & 0o777).toString(8)}). If nobody has looked: chmod 600 ${path}; else rotate the master key after that.`,
    { retryable: false },
  )
}

/** Whole or not at all, and never over one that is there. */
function create(path: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    append(draft)
    linkSync(draft, path)
    sync(dirname(path))
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return
    throw new TenonError('VAULT_LOCKED', `the master key file ${path} cannot be made (${messageOf(error)})`, {
      cause: error,
    })
  } finally {
    rmSync(draft, { force: true })
  }
}

/** On the disk before it is used. */
function append(path: string): void {
  const isNew = !existsSync(path)
  const file = openSync(path, 'a', 0o600)
  try {
    // Behind what a crash may have cut short.
    writeSync(file, `${isNew ? '' : '\n'}${randomBytes(keyBytes).toString('base64')}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function sync(folder: string): void {
  const file = openSync(folder, 'r')
  fsyncSync(file)
  closeSync(file)
}
