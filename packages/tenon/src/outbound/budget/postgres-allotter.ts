import type { Secret } from '../../base/secret.ts'
import { migrate } from '../../postgres/migrations.ts'
import { openDatabase } from '../../postgres/postgres.ts'
import { allotmentTables } from './allotment-tables.ts'
import type { Allotter } from './allotment.ts'

export interface PostgresAllotter extends Allotter {
  close(): Promise<void>
}

/** Who waits longer for a database that is away has no share by then. */
const patienceMs = 1000
const timeoutMs = 4000

type Answer = readonly (readonly [share: number, target: number, forMs: number, isAwaited: boolean])[]

/** Shares of limits in a PostgreSQL database that nodes have in common, over one connection. Rejects with `STORE_UNAVAILABLE` or `DATABASE_UNUSABLE`. */
export function postgresAllotter({ url }: { readonly url: Secret }): PostgresAllotter {
  const database = openDatabase({ url, unavailable: 'STORE_UNAVAILABLE', sessions: 1, patienceMs, timeoutMs })
  let readying: Promise<void> | null = null
  const ready = (): Promise<void> =>
    (readying ??= migrate(database, 'allotment', allotmentTables).catch((error: unknown) => {
      readying = null
      throw error
    }))
  return {
    async ask(asks) {
      const [first] = asks
      if (first === undefined) return []
      await ready()
      const [row] = await database.query<{ leases: Answer }>(statement, [
        first.node,
        first.forMs,
        asks.map(({ key }) => key),
        asks.map(({ requests }) => requests),
        asks.map(({ perMs }) => perMs),
        asks.map(({ seq }) => seq),
        asks.map(({ held }) => held),
        asks.map(({ wanted }) => wanted),
      ])
      return (row?.leases ?? []).map(([share, target, forMs, isAwaited]) => ({ share, target, forMs, isAwaited }))
    },
    close: () => database.close(),
  }
}

const statement = { name: 'allot', text: 'SELECT allot_1($1, $2, $3, $4, $5, $6, $7, $8) AS leases' }
