import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { startThread, type Thread } from '../sqlite/thread.ts'
import { entryOf, findBreak, type AuditRow, type StoredChain } from './chain.ts'
import { checkAudit, checkKey, checkLimit, checkWrite } from './check.ts'
import type { Store } from './store.ts'

export interface SqliteStoreOptions {
  /** Made with the folder's owner only; the folder must be there. */
  readonly folder: string
  readonly clock?: Clock
}

export function storePath(folder: string): string {
  return join(resolve(folder), 'store.db')
}

/**
 * The store in one SQLite file that several processes may share. Its thread starts with the first question that needs it: while nothing is stored there is neither
 * file nor thread. Rejects with `DATA_FOLDER_UNUSABLE` for a file that cannot be trusted.
 */
export function sqliteStore({ folder, clock = systemClock }: SqliteStoreOptions): Store {
  const path = storePath(folder)
  let thread: Thread | null = null
  let closing: Promise<void> | null = null

  function ask<Result>(method: string, ...parameters: readonly unknown[]): Promise<Result> {
    if (closing !== null) throw new TenonError('STORE_UNAVAILABLE', 'the store is closed')
    thread ??= startThread(workerFile(), 'STORE_UNAVAILABLE', path)
    return thread.ask(method, ...parameters)
  }

  /** Where nothing was ever stored, nothing is started to say so. */
  async function read<Result>(nothing: Result, method: string, ...parameters: readonly unknown[]): Promise<Result> {
    return thread === null && closing === null && !existsSync(path) ? nothing : ask(method, ...parameters)
  }

  async function close(): Promise<void> {
    if (thread === null) return
    await thread.ask('close').catch(() => undefined)
    await thread.end()
  }

  const chainOf = (tenant: string): StoredChain => ({
    head: () => read({ head: null, greatest: 0 }, 'chainHead', tenant),
    rows: (after, limit) => read([], 'auditRows', tenant, after, limit),
  })

  return {
    async get(key) {
      checkKey(key)
      return read(null, 'get', key)
    },
    async list({ tenant, kind, after = '', limit }) {
      checkLimit(limit)
      return read([], 'list', tenant, kind, after, limit)
    },
    async listAll({ kind, after = { tenant: '', id: '' }, limit }) {
      checkLimit(limit)
      return read([], 'listAll', kind, after.tenant, after.id, limit)
    },
    async write(asked) {
      checkWrite(asked)
      return ask('write', asked.changes, asked.audit ?? [], clock.now())
    },
    async changes(after, limit) {
      checkLimit(limit)
      return read([], 'changes', after, limit)
    },
    async audit({ tenant, before = Number.MAX_SAFE_INTEGER, limit }) {
      checkLimit(limit)
      const rows = await read<readonly AuditRow[]>([], 'audit', tenant, before, limit)
      return rows.map(entryOf)
    },
    verifyAudit: async (tenant) => findBreak(tenant, chainOf(tenant)),
    auditHead: (tenant) => read(null, 'auditHead', tenant),
    auditHash: (tenant, number) => read(null, 'auditHash', tenant, number),
    async eraseTenant(tenant, audit) {
      audit.forEach(checkAudit)
      await ask('eraseTenant', tenant, audit, clock.now())
      await ask('scrub')
    },
    scrub: () => read(undefined, 'scrub'),
    close: () => (closing ??= close()),
  }
}

// A worker's file is named by an address, which the build does not rewrite.
function workerFile(): URL {
  return new URL(`./sqlite/worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
}
