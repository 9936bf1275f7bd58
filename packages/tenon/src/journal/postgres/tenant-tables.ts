import type { Stretch } from '../../postgres/moves.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { Session } from '../../postgres/session.ts'
import { pageBytes, pageRows } from '../transfer.ts'
import { restoredOrNull } from './arrays.ts'
import { Names } from './names.ts'
import { makeTables, partitionsOf } from './open-tables.ts'
import { partitionOf } from './place.ts'
import { blockSize, statusCode } from './schema.ts'
import {
  putTenantEvents,
  putTenantRuns,
  removeTenantRows,
  renumbering,
  sameNumbers,
  tenantBytes,
  tenantRows,
  type TenantKind,
} from './tenant-rows.ts'

type Asked = Pick<Session, 'query'>
/** A row with all that hangs on it, in numbers of the target. */
export type TenantRow = Readonly<Record<string, unknown>>

/** Numbers beyond `after`, up to `to`. */
export interface Range {
  readonly after: number
  readonly to: number
}

export interface Digest {
  readonly rows: number
  readonly sum: string
}

/** One tenant's part of the tables of a journal. */
export class TenantTables {
  readonly id: number
  readonly #tenant: string
  readonly #partitions: number
  readonly #names: Names
  readonly #database: Database

  private constructor(database: Database, tenant: string, names: Names, partitions: number) {
    this.#database = database
    this.#tenant = tenant
    this.#names = names
    this.#partitions = partitions
    this.id = names.tenant(tenant)
  }

  /** Makes the tables where there are none. */
  static async open(database: Database, tenant: string): Promise<TenantTables> {
    const names = new Names()
    const partitions = await database.transaction((session) => makeTables(session, database.name, 64))
    await names.learn(database, [tenant], [])
    await partitionsOf(database, database.name)
    return new TenantTables(database, tenant, names, partitions)
  }

  /** By what rows of one tenant are found among those of all. Nobody waits for it. */
  async index(database: Database): Promise<void> {
    await this.dropIndex(database)
    for (const table of ['event', 'run'])
      await database.query(
        `CREATE INDEX CONCURRENTLY moving_${table}_${this.id} ON ${table} (number) WHERE tenant = ${this.id}`,
      )
  }

  async dropIndex(database: Database): Promise<void> {
    for (const table of ['event', 'run'])
      await database.query(`DROP INDEX CONCURRENTLY IF EXISTS moving_${table}_${this.id}`)
  }

  /** The least number that there is; `null` for a tenant without rows. */
  async least(): Promise<number | null> {
    const [row] = await this.#database.query<{ least: number | null }>(
      `SELECT least((SELECT min(number) FROM event WHERE tenant = ${this.id}), (SELECT min(number) FROM run WHERE tenant = ${this.id})) AS least`,
    )
    return row?.least ?? null
  }

  /** Up to where numbers are given out. */
  async given(): Promise<number> {
    const [row] = await this.#database.query<{ given: number }>(
      `SELECT (last_value + 1) * ${blockSize} - 1 AS given FROM number_block`,
    )
    return row?.given ?? 0
  }

  /** Takes so many numbers at once; they are greater than all that were given out before, and less than all that will be. */
  async reserve(session: Asked, count: number): Promise<number> {
    const blocks = Math.ceil(count / blockSize)
    // Who takes a number waits for this transaction.
    await session.query('ALTER SEQUENCE number_block INCREMENT BY 1')
    const [row] = await session.query<{ last: number }>(
      `SELECT last_value AS last, setval('number_block', last_value + ${blocks + 1}) FROM number_block`,
    )
    return ((row?.last ?? 0) + 1) * blockSize
  }

  /** The number of the last of the next so many rows; `null` at the end. */
  async boundary(kind: TenantKind, range: Range, rows: number): Promise<number | null> {
    const [row] = await this.#database.query<{ number: number }>(
      `SELECT number FROM ${kind} WHERE ${this.#within(kind, range)} ORDER BY number OFFSET ${rows - 1} LIMIT 1`,
    )
    return row?.number ?? null
  }

  async digest(kind: TenantKind, range: Range, part: Part): Promise<Digest> {
    const [row] = await this.#database.query<Digest>(
      `SELECT count(*) AS rows, coalesce(sum(('x' || left(md5(one::text), 15))::bit(60)::bigint), 0)::text AS sum
        FROM (${rowsOf(kind, part)} WHERE ${this.#within(kind, range)}${ended(kind, part)}) AS one`,
    )
    return row ?? { rows: 0, sum: '0' }
  }

  /** The next rows of a range, by number, and how far they go; `null` at its end. */
  async page(
    kind: TenantKind,
    range: Range,
    part: Part,
  ): Promise<{ readonly rows: readonly TenantRow[]; readonly to: number } | null> {
    const [last] = await this.#database.query<{ number: number | null }>(
      `SELECT max(number) AS number FROM (
        SELECT number, sum(bytes) OVER (ORDER BY number) - bytes AS before FROM (
          SELECT number, ${tenantBytes[kind]} AS bytes FROM ${kind} WHERE ${this.#within(kind, range)}${ended(kind, part)} ORDER BY number LIMIT ${pageRows}
        ) few
      ) sized WHERE before < ${pageBytes}`,
    )
    const to = last?.number ?? null
    if (to === null) return null
    const rows = await this.#database.query<TenantRow>(
      `${rowsOf(kind, part)} WHERE ${this.#within(kind, { after: range.after, to })}${ended(kind, part)}`,
    )
    return { rows, to }
  }

  values(hashes: readonly string[]): Promise<readonly { readonly hash: string; readonly body: string }[]> {
    return this.#database.query(
      { name: 'tenant_values', text: 'SELECT hash, body FROM value WHERE hash = ANY ($1::text[])' },
      [hashes],
    )
  }

  /** What is stored under these numbers must have been removed. */
  async put(
    session: Asked,
    kind: TenantKind,
    rows: readonly TenantRow[],
    values: readonly { readonly hash: string; readonly body: string }[],
  ): Promise<void> {
    if (rows.length === 0) return
    await putValues(session, values)
    if (kind === 'event') {
      // Another row was found by that key when it was copied; it is looked at again.
      await session.query(
        { name: 'tenant_hashes', text: 'UPDATE event SET hash = NULL WHERE hash = ANY ($1::uuid[])' },
        [rows.flatMap(({ hash }) => hash ?? [])],
      )
      await session.query(putTenantEvents, [JSON.stringify(rows), this.id])
      return
    }
    const flows = rows.map(({ flow }) => ({ tenant: this.#tenant, flow: flow as string }))
    await this.#names.learn(session, [this.#tenant], flows)
    const placed = rows.map((row) => ({ ...row, partition: this.#partition(row) }))
    await session.query(putTenantRuns, [JSON.stringify(placed), this.id])
  }

  /** Deletes rows of a range, some at a time; true when there may be more. */
  async remove(session: Asked, kind: TenantKind, range: Range): Promise<boolean> {
    const numbers = await session.query<{ number: number }>(
      `SELECT number FROM ${kind} WHERE ${this.#within(kind, range)} ORDER BY number LIMIT ${pageRows}`,
    )
    if (numbers.length === 0) return false
    const used = await session.query<{ hash: string }>(
      { name: `tenant_remove_${kind}`, text: removeTenantRows[kind] },
      [numbers.map(({ number }) => number)],
    )
    const hashes = used.map(({ hash }) => hash)
    if (hashes.length > 0) {
      await session.query(lockValues, [hashes])
      await session.query(unusedValues, [hashes])
    }
    return numbers.length === pageRows
  }

  /** No look for work finds its runs. */
  async hide(session: Asked, range: Range): Promise<void> {
    await session.query(`DELETE FROM ready USING run WHERE ready.partition = run.partition AND ready.flow = run.flow AND ready.run = run.number AND ${this.#within('run', range)} AND run.status = 0;
      DELETE FROM held WHERE tenant = ${this.id}`)
  }

  /** Looks for work find its runs again; whoever changes one meanwhile is waited for. */
  async show(session: Asked, range: Range): Promise<void> {
    await session.query(`WITH came AS MATERIALIZED (
        SELECT number, partition, tenant, flow, status, code, wake_at FROM run WHERE ${this.#within('run', range)} AND status <> ${statusCode.completed} ORDER BY number FOR NO KEY UPDATE
      ), go AS (INSERT INTO ready SELECT partition, flow, number FROM came WHERE status = ${statusCode.ready} ON CONFLICT DO NOTHING)
      INSERT INTO held SELECT number, partition, tenant, flow, status, coalesce(code, ''), wake_at FROM came WHERE status <> ${statusCode.ready} ON CONFLICT DO NOTHING`)
  }

  /** How many runs there are. */
  async count(session: Asked, range: Range): Promise<void> {
    await session.query(`DELETE FROM tally USING flow WHERE flow.tenant = ${this.id} AND tally.flow = flow.id;
      INSERT INTO tally SELECT 0, flow, status, count(*) FROM run WHERE ${this.#within('run', range)} GROUP BY flow, status`)
  }

  async cursors(): Promise<readonly TenantRow[]> {
    return this.#database.query(`SELECT name, value FROM cursor WHERE tenant = ${this.id} ORDER BY name`)
  }

  async putCursors(session: Asked, cursors: readonly TenantRow[]): Promise<void> {
    await session.query(`DELETE FROM cursor WHERE tenant = ${this.id}`)
    await session.query(
      {
        name: 'tenant_put_cursors',
        text: 'INSERT INTO cursor SELECT $2::int, name, value FROM json_to_recordset($1::json) AS r (name text, value text)',
      },
      [JSON.stringify(cursors), this.id],
    )
  }

  /** Batches on their way can commit no more; each node sends its own again. */
  async breakOff(): Promise<void> {
    await this.#database.query("UPDATE batch SET session = nextval('epoch_number')::int")
  }

  /** Of all nodes that may still hold something here. */
  async nodes(): Promise<readonly number[]> {
    const rows = await this.#database.query<{ id: number }>('SELECT id FROM node ORDER BY id')
    return rows.map(({ id }) => id)
  }

  #within(kind: TenantKind, { after, to }: Range): string {
    return `${kind}.tenant = ${this.id} AND ${kind}.number > ${after} AND ${kind}.number <= ${to}`
  }

  #partition({ id, flow, key }: TenantRow): number {
    return partitionOf(
      { tenant: this.#tenant, run: id as string, flow: flow as string, key: restoredOrNull(key as string | null) },
      this.#partitions,
    )
  }
}

export interface Part {
  /** How the numbers become those of the target; `null` for those of the target. */
  readonly stretches: readonly Stretch[] | null
  /** Runs that have ended only. */
  readonly isEnded: boolean
}

function rowsOf(kind: TenantKind, { stretches }: Part): string {
  return tenantRows[kind](stretches === null ? sameNumbers : renumbering(stretches))
}

function ended(kind: TenantKind, { isEnded }: Part): string {
  return kind === 'run' && isEnded ? ` AND run.status IN (${statusCode.completed}, ${statusCode.cancelled})` : ''
}

async function putValues(
  session: Asked,
  values: readonly { readonly hash: string; readonly body: string }[],
): Promise<void> {
  if (values.length === 0) return
  const hashes = values.map(({ hash }) => hash)
  // One that is being deleted as unused is waited for, and kept anew.
  for (let kept = 0; kept < hashes.length;) {
    await session.query(keepValues, [JSON.stringify(values)])
    kept = (await session.query(holdValues, [hashes])).length
  }
}

const keepValues = {
  name: 'tenant_put_values',
  text: 'INSERT INTO value SELECT hash, body FROM json_to_recordset($1::json) AS r (hash text, body text) ORDER BY hash ON CONFLICT DO NOTHING',
}

const holdValues = {
  name: 'tenant_hold_values',
  text: 'SELECT FROM value WHERE hash = ANY ($1::text[]) ORDER BY hash FOR KEY SHARE',
}

const lockValues = {
  name: 'tenant_lock_values',
  text: 'SELECT FROM value WHERE hash = ANY ($1::text[]) ORDER BY hash FOR UPDATE',
}

const unusedValues = {
  name: 'tenant_unused_values',
  text: 'DELETE FROM value WHERE hash = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM value_use WHERE value_use.hash = value.hash)',
}
