import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { TenonError } from '../../base/errors.ts'
import { pagesInOrder, type JournalTransfer } from '../transfer.ts'
import { logPath, openFolder, type OpenFolder } from './folder.ts'
import { inspectJournal } from './inspect.ts'
import { openLog } from './log.ts'
import { readMark, writeMark } from './mark.ts'
import { openStore } from './open-store.ts'
import { transferReads } from './transfer-read.ts'
import { completeTables, transferWrites } from './transfer-write.ts'
import { Transactions } from './transactions.ts'

const checkedBytes = 512 * 1024 * 1024

/** The journal in a data folder as an end of a move. From the first question about its content on the folder is locked. */
export function sqliteTransfer({ folder: given }: { readonly folder: string }): JournalTransfer {
  const folder = resolve(given)
  let opened: OpenFolder | null = null

  function open(): DatabaseSync {
    if (opened === null) {
      opened = openFolder({ folder, checkAlways: checkedBytes, checkAfterCrash: checkedBytes, purpose: 'transfer' })
      settleLog(opened.db, folder)
    }
    return opened.db
  }

  function existing(): DatabaseSync {
    if (opened === null && !existsSync(join(folder, 'journal.db')))
      throw new TenonError('DATA_FOLDER_UNUSABLE', `there is no journal in ${folder}`, { details: { folder } })
    return open()
  }

  const seedOf = (db: DatabaseSync): number => Number(db.prepare('SELECT seed FROM meta').get()?.['seed'])

  return {
    name: folder,
    unusable: 'DATA_FOLDER_UNUSABLE',
    mark: async () => readMark(folder),
    async changeMark(change) {
      open()
      const next = change(readMark(folder))
      writeMark(folder, next)
      return next
    },
    async holder() {
      if (opened !== null) return null
      const holder = inspectJournal(folder, 0)?.holder
      return holder?.holds === true ? `process ${holder.pid}` : null
    },
    async isEmpty() {
      if (!existsSync(join(folder, 'journal.db'))) return true
      const sql =
        'SELECT EXISTS (SELECT 1 FROM run) OR EXISTS (SELECT 1 FROM event) OR EXISTS (SELECT 1 FROM cursor) AS used'
      return open().prepare(sql).get()?.['used'] === 0
    },
    closedCleanly: async () => existing().prepare('SELECT clean FROM meta').get()?.['clean'] === 1,
    pages(after) {
      const db = existing()
      const read = transferReads(db, seedOf(db))
      return pagesInOrder(after, async (kind, last) => read(kind, last))
    },
    prepare: async () => void open(),
    put: async (rows) => transferWrites(open(), seedOf(open()))(rows),
    complete: async ({ closedCleanly }) => completeTables(open(), closedCleanly),
    async close() {
      opened?.db.close()
      opened?.release()
      opened = null
    },
  }
}

/** What a crash left in the log is brought into the tables, as the next start would do. */
function settleLog(db: DatabaseSync, folder: string): void {
  if (!existsSync(logPath(folder))) return
  const store = openStore(db, openLog(logPath(folder)))
  try {
    new Transactions(store, (make) => make()).settle()
  } finally {
    store.log.close()
  }
}
