// PostgreSQL as a measurement wants it: on a disk, with fsync on, and what it has used.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '../../packages/tenon/src/postgres/postgres.fixture.ts'

/** As it would be run: the settings that an operator should raise are raised. */
export const startMeasured = (): Promise<PostgresServer> =>
  startPostgres({ fsync: true, settings: { shared_buffers: '256MB', max_wal_size: '4GB' } })

const tickMs = 10

/** CPU of the server and all its processes, those that ended among them, ms; proc(5): fields 14 to 17 of stat. */
export function cpuOf(server: PostgresServer): number {
  const main = readFileSync(join(server.dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0] ?? ''
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const fields = statOf(pid)
    if (pid === main) ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    else if (fields[1] === main) ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks * tickMs
}

function statOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
  } catch {
    return []
  }
}

export interface Spent {
  readonly cpuMs: number
  readonly walBytes: number
  readonly diskBytes: number
  readonly commits: number
}

/** What the server has spent so far; the difference of two is what a measurement cost. */
export async function spentBy(server: PostgresServer, database: string): Promise<Spent> {
  const [row] = await server.sql<{ wal: string; disk: string; commits: string }>(
    `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS wal, pg_database_size('${database}') AS disk,
      (SELECT xact_commit FROM pg_stat_database WHERE datname = '${database}') AS commits`,
  )
  return {
    cpuMs: cpuOf(server),
    walBytes: Number(row?.wal),
    diskBytes: Number(row?.disk),
    commits: Number(row?.commits),
  }
}
