import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TenonError } from '../base/errors.ts'
import { startThread, type Thread } from '../sqlite/thread.ts'
import { sqlStore } from './sql.ts'
import type { Store } from './store.ts'

export interface SqliteStoreOptions {
  /** Made with the folder's owner only; the folder must be there. */
  readonly folder: string
}

export function storePath(folder: string): string {
  return join(resolve(folder), 'store.db')
}

/**
 * The store in one SQLite file that several processes may share. Its thread starts with the first question that needs it: while nothing is stored there is neither
 * file nor thread. Rejects with `DATA_FOLDER_UNUSABLE` for a file that cannot be trusted. Of what was erased no byte is left in the file or its log.
 */
export function sqliteStore({ folder }: SqliteStoreOptions): Store {
  const path = storePath(folder)
  let thread: Thread | null = null
  let isClosed = false

  async function ask<Result>(method: string, ...parameters: readonly unknown[]): Promise<Result> {
    if (isClosed) throw new TenonError('STORE_UNAVAILABLE', 'the store is closed')
    thread ??= startThread(workerFile(), 'STORE_UNAVAILABLE', path)
    return thread.ask(method, ...parameters)
  }

  /** Where nothing was ever stored, nothing is started to say so. */
  const isEmpty = (): boolean => thread === null && !isClosed && !existsSync(path)

  return sqlStore({
    rows: async (statement, ...values) => (isEmpty() ? [] : ask('rows', statement, values)),
    transact: (name, ...parameters) => ask('transact', name, parameters),
    scrub: async () => (isEmpty() ? undefined : ask('scrub')),
    async close() {
      isClosed = true
      if (thread === null) return
      await thread.ask('close').catch(() => undefined)
      await thread.end()
    },
  })
}

// A worker's file is named by an address, which the build does not rewrite.
function workerFile(): URL {
  return new URL(`./sqlite/worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
}
