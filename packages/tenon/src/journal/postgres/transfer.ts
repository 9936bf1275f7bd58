import { TenonError } from '../../base/errors.ts'
import type { Secret } from '../../base/secret.ts'
import { openDatabase } from '../../postgres/postgres.ts'
import { pagesInOrder, type JournalTransfer } from '../transfer.ts'
import { lockStatement, readMark, writeMark } from './mark.ts'
import { makeTables, partitionsOf } from './open-tables.ts'
import { TransferReader } from './transfer-read.ts'
import { completeTables, TransferWriter } from './transfer-write.ts'

const timeoutMs = 60 * 60_000
const usualPartitions = 64
const livingSql = 'SELECT name FROM node WHERE expires > clock_timestamp() ORDER BY id'

/** The journal in a database as an end of a move. */
export function postgresTransfer({ url }: { readonly url: Secret }): JournalTransfer {
  const database = openDatabase({ url, unavailable: 'JOURNAL_UNAVAILABLE', sessions: 2, timeoutMs })
  let writer: Promise<TransferWriter> | null = null

  const isSo = async (condition: string): Promise<boolean> =>
    (await database.query<{ so: boolean }>(`SELECT ${condition} AS so`))[0]?.so === true
  const tables = (): Promise<boolean> => isSo("to_regclass('tenon.journal') IS NOT NULL")

  async function existing(): Promise<void> {
    if (!(await tables()))
      throw new TenonError('DATABASE_UNUSABLE', `there is no journal in the database ${database.name}`)
    await partitionsOf(database, database.name)
  }

  function writing(): Promise<TransferWriter> {
    return (writer ??= database
      .transaction((session) => makeTables(session, database.name, usualPartitions))
      .then((partitions) => new TransferWriter(partitions)))
  }

  return {
    name: database.name,
    unusable: 'DATABASE_UNUSABLE',
    mark: () => readMark(database),
    changeMark: (change) =>
      database.transaction(async (session) => {
        await session.query(lockStatement)
        await session.query('CREATE SCHEMA IF NOT EXISTS tenon')
        const next = change(await readMark(session))
        await writeMark(session, next)
        return next
      }),
    async holder() {
      if (!(await tables())) return null
      const rows = await database.query<{ name: string }>(livingSql)
      return rows.length === 0 ? null : `node ${rows.map(({ name }) => name).join(', node ')}`
    },
    isEmpty: async () =>
      !(await tables()) ||
      (await isSo(
        'NOT EXISTS (SELECT 1 FROM run) AND NOT EXISTS (SELECT 1 FROM event) AND NOT EXISTS (SELECT 1 FROM cursor)',
      )),
    async closedCleanly() {
      await existing()
      return isSo('NOT EXISTS (SELECT 1 FROM lease WHERE orphaned_before > 0) AND NOT EXISTS (SELECT 1 FROM node)')
    },
    async *pages(after) {
      await existing()
      const reader = new TransferReader(database)
      yield* pagesInOrder(after, (kind, last) => reader.read(kind, last))
    },
    prepare: async () => void (await writing()),
    async put(rows) {
      const into = await writing()
      await database.transaction((session) => into.put(session, rows))
    },
    async complete({ closedCleanly }) {
      await writing()
      await database.transaction((session) => completeTables(session, closedCleanly))
    },
    close: () => database.close(),
  }
}
