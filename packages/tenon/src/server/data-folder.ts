import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf, TenonError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { Secret } from '../base/secret.ts'
import { isObject } from '../definition/problem.ts'

/** Where a running server can be found, for the command line. */
export interface ServerAddress {
  readonly url: string
  readonly pid: number
}

/** What a simulator keeps beside its own state, so that a restart brings back the same account at the same place. */
export interface SimulatorAccount {
  readonly port: number
  readonly credentials: Readonly<Record<string, string>>
}

const tokenFile = 'operator-token'
const addressFile = 'server.json'
const sessionsFile = 'sessions.json'
const ownerOnly = 0o600

/** The folder that holds everything durable. It belongs to one user; nobody else may look into it. */
export class DataFolder {
  readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** Makes the folder where it is missing. Throws `DATA_FOLDER_UNUSABLE`. */
  open(): void {
    this.#attempt('made', () => {
      if (mkdirSync(this.path, { recursive: true, mode: 0o700 }) !== undefined)
        writeFileSync(join(this.path, '.gitignore'), '*\n')
      mkdirSync(join(this.path, 'simulators'), { recursive: true, mode: 0o700 })
    })
  }

  /** The token of the management API: what the environment brings, else one made at the first start. The command line finds it here. */
  operatorToken(given: Secret | null): { readonly token: Secret; readonly isNew: boolean } {
    const path = join(this.path, tokenFile)
    return this.#attempt('written', () => {
      const known = readIfThere(path)?.trim() ?? ''
      const token = given?.reveal() ?? (known || `tenon_operator_${randomBytes(32).toString('hex')}`)
      if (token !== known) writeFileSync(path, `${token}\n`, { mode: ownerOnly })
      if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, ownerOnly)
      return { token: new Secret(token), isNew: known === '' }
    })
  }

  knownToken(): Secret | null {
    const known = readIfThere(join(this.path, tokenFile))?.trim()
    return known === undefined || known === '' ? null : new Secret(known)
  }

  writeAddress(address: ServerAddress): void {
    this.#attempt('written', () =>
      writeFileSync(join(this.path, addressFile), `${JSON.stringify(address)}\n`, { mode: ownerOnly }),
    )
  }

  removeAddress(): void {
    rmSync(join(this.path, addressFile), { force: true })
  }

  address(): ServerAddress | null {
    const value = readObject(join(this.path, addressFile))
    if (value === null || typeof value['url'] !== 'string' || typeof value['pid'] !== 'number') return null
    return { url: value['url'], pid: value['pid'] }
  }

  /** Who is signed in, as it was written last; `null` for none, and for a file that others could have written. Throws `DATA_FOLDER_UNUSABLE`. */
  sessions(): unknown {
    const path = join(this.path, sessionsFile)
    return this.#attempt('read', () => {
      const found = statSync(path, { throwIfNoEntry: false })
      const isOurs = process.platform === 'win32' || ((found?.mode ?? 0) & 0o022) === 0
      return isOurs ? readObject(path) : null
    })
  }

  /** Replaces it as a whole: a crash leaves the old or the new. */
  keepSessions(content: object): void {
    const path = join(this.path, sessionsFile)
    this.#attempt('written', () => {
      // What lies there already would keep its owner and its mode.
      rmSync(`${path}.new`, { force: true })
      writeFileSync(`${path}.new`, JSON.stringify(content), { mode: ownerOnly, flag: 'wx' })
      renameSync(`${path}.new`, path)
    })
  }

  /** `connector` is the name of a checked definition. */
  simulatorState(connector: string): string {
    return join(this.path, 'simulators', `${connector}.db`)
  }

  simulatorAccount(connector: string): SimulatorAccount | null {
    const value = readObject(this.#accountFile(connector))
    if (value === null || typeof value['port'] !== 'number' || !isObject(value['credentials'])) return null
    return value as unknown as SimulatorAccount
  }

  keepSimulatorAccount(connector: string, account: SimulatorAccount): void {
    this.#attempt('written', () =>
      writeFileSync(this.#accountFile(connector), `${JSON.stringify(account)}\n`, { mode: ownerOnly }),
    )
  }

  #accountFile(connector: string): string {
    return join(this.path, 'simulators', `${connector}.json`)
  }

  #attempt<Result>(what: string, act: () => Result): Result {
    try {
      return act()
    } catch (error) {
      throw new TenonError(
        'DATA_FOLDER_UNUSABLE',
        `The data folder ${this.path} could not be ${what}: ${messageOf(error)}. Make it writable for this user, free space on its disk, or set TENON_DATA to another folder.`,
        { cause: error },
      )
    }
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}

/** `null` also for a file that a crash cut short: it is written anew. */
function readObject(path: string): Record<string, unknown> | null {
  const text = readIfThere(path)
  if (text === undefined) return null
  try {
    const value = parseJson(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
