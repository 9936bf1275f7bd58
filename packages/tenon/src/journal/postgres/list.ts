import { TenonError } from '../../base/errors.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { RunPage, RunQuery } from '../history.ts'
import type { RunStatus } from '../journal.ts'
import { readPosition, writePosition, type Position } from '../page.ts'
import { storable } from './arrays.ts'
import { columns, joins, runRow, type Row } from './rows.ts'
import { statusCode } from './schema.ts'

/** Runs that one page looks at, where no index answers. */
const mostScanned = 2_000

const held: ReadonlySet<RunStatus> = new Set(['queued', 'waiting', 'parked', 'failed', 'cancelled'])

/** Conditions with their values, numbered as they come. */
class Conditions {
  readonly values: unknown[]
  readonly #sql: string[] = []

  constructor(values: readonly unknown[] = []) {
    this.values = [...values]
  }

  add(sql: string, value: unknown): this {
    this.values.push(value)
    this.#sql.push(sql.replaceAll('?', `$${this.values.length}`))
    return this
  }

  get sql(): string {
    return this.#sql.length === 0 ? 'true' : this.#sql.join(' AND ')
  }
}

/**
 * Finds runs by what knows them: those that are held by status, flow and code, ready ones by flow, all others down their numbers. What is left to compare is bounded for each page, which
 * may be short although there is a next one.
 */
export async function listRuns(database: Database, query: RunQuery): Promise<RunPage> {
  const position = query.before === undefined ? null : readPosition(query.before, query.id !== undefined)
  const [tenant] = await database.query<{ id: number }>(tenantStatement, [query.tenant])
  if (tenant === undefined || query.status?.length === 0) return { runs: [], next: null }
  return query.id === undefined
    ? byNumber(database, query, tenant.id, position)
    : byId(database, { ...query, id: query.id }, tenant.id, position)
}

const tenantStatement = { name: 'journal_tenant_id', text: 'SELECT id FROM tenant WHERE tenant = $1' }

interface Looked {
  readonly number: number
  readonly run: string
  readonly fits: boolean
}

async function byNumber(
  database: Database,
  query: RunQuery,
  tenant: number,
  position: Position | null,
): Promise<RunPage> {
  const { limit } = query
  const below = position?.by === 'number' ? position.number : Number.MAX_SAFE_INTEGER
  const source = sourceOf(query, tenant, below)
  const where = filters(query, new Conditions(source.values))
  const text = `SELECT picked.number, run.id AS run, ${where.sql} AS fits
    FROM (${source.sql} ORDER BY number DESC LIMIT ${mostScanned}) picked JOIN run ON run.number = picked.number JOIN flow ON flow.id = run.flow ORDER BY picked.number DESC`
  const looked = await ask<Looked>(database, text, where.values)
  const fitting = looked.filter(({ fits }) => fits)
  const page = fitting.slice(0, limit)
  const last = fitting.length > limit ? page.at(-1) : looked.length === mostScanned ? looked.at(-1) : undefined
  return {
    runs: await rowsOf(database, page),
    next: last === undefined ? null : writePosition({ by: 'number', number: last.number }),
  }
}

/** Where to look, the shortest that has them all. */
function sourceOf(
  { status, code, event, tenant: tenantName }: RunQuery,
  tenant: number,
  below: number,
): { sql: string; values: unknown[] } {
  const values = [tenant, below]
  const statuses = status ?? (code === undefined ? null : [...held])
  if (event !== undefined)
    return {
      values: [...values, `${tenantName}\n${event}`],
      sql: `SELECT run.number FROM (
        SELECT number FROM run WHERE tenant = $1 AND event IN (SELECT number FROM event WHERE hash = substr(encode(sha256(convert_to($3, 'UTF8')), 'hex'), 1, 32)::uuid)
          AND id = ANY (SELECT unnest(string_to_array(starts, ' ')) FROM event WHERE hash = substr(encode(sha256(convert_to($3, 'UTF8')), 'hex'), 1, 32)::uuid)
        UNION SELECT reach.run FROM reach WHERE event IN (SELECT number FROM event WHERE hash = substr(encode(sha256(convert_to($3, 'UTF8')), 'hex'), 1, 32)::uuid)
      ) run WHERE run.number < $2`,
    }
  if (statuses !== null && !statuses.includes('completed')) {
    const parts = statuses
      .filter((one) => one !== 'ready')
      .map((one) => `SELECT run AS number FROM held WHERE tenant = $1 AND status = ${statusCode[one]} AND run < $2`)
    if (statuses.includes('ready') && code === undefined)
      parts.push(
        'SELECT ready.run AS number FROM ready JOIN flow ON flow.id = ready.flow WHERE flow.tenant = $1 AND ready.run < $2',
      )
    return parts.length === 0
      ? { sql: 'SELECT number FROM run WHERE tenant = $1 AND number < $2 AND false', values }
      : { sql: `SELECT number FROM (${parts.join(' UNION ALL ')}) parts`, values }
  }
  return { sql: 'SELECT number FROM run WHERE tenant = $1 AND number < $2', values }
}

function filters({ flow, status, key, code, since, until }: RunQuery, where: Conditions): Conditions {
  if (flow !== undefined) where.add('flow.flow = ?', flow)
  if (status !== undefined)
    where.add(
      'run.status = ANY (?::int[])',
      status.map((one) => statusCode[one]),
    )
  if (key !== undefined) where.add('coalesce(run.key = ?, false)', storable(key))
  if (code !== undefined) where.add('coalesce(run.code = ?, false)', storable(code))
  if (since !== undefined) where.add('run.created_at >= ?', since)
  if (until !== undefined) where.add('run.created_at < ?', until)
  return where
}

type ById = Looked & { readonly by: 'beginning' | 'end' }

/** First those whose id begins with the text, then those whose id ends with it, each by id. */
async function byId(
  database: Database,
  query: RunQuery & { readonly id: string },
  tenant: number,
  position: Position | null,
): Promise<RunPage> {
  const { limit } = query
  const event = query.event === undefined ? null : await runsOfEvent(database, query)
  const found: ById[] = []
  for (const by of position?.by === 'end' ? (['end'] as const) : (['beginning', 'end'] as const)) {
    const looked = await walkIds(database, query, { tenant, by, after: position?.by === by ? position.run : null })
    found.push(...looked.filter(({ fits, run }) => fits && event?.includes(run) !== false))
    const stop = looked.length === mostScanned ? looked.at(-1) : undefined
    const last = found.length > limit ? found[limit - 1] : stop
    if (last !== undefined) return { runs: await rowsOf(database, found.slice(0, limit)), next: writePosition(last) }
  }
  return { runs: await rowsOf(database, found), next: null }
}

async function walkIds(
  database: Database,
  query: RunQuery & { readonly id: string },
  { tenant, by, after }: { readonly tenant: number; readonly by: ById['by']; readonly after: string | null },
): Promise<ById[]> {
  const { id } = query
  const from = by === 'beginning' ? id : ''
  const where = filters(query, new Conditions([tenant, from, after ?? `${from}\u007f`]))
  if (by === 'end') where.add('right(run.id, length(?::text)) = ?::text AND NOT starts_with(run.id, ?::text)', id)
  const text = `SELECT picked.number, run.id AS run, ${where.sql} AS fits
    FROM (SELECT number, id FROM run WHERE tenant = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT ${mostScanned}) picked
    JOIN run ON run.number = picked.number JOIN flow ON flow.id = run.flow ORDER BY run.id DESC`
  return (await ask<Looked>(database, text, where.values)).map((one) => ({ ...one, by }))
}

async function runsOfEvent(database: Database, { tenant, event }: RunQuery): Promise<readonly string[]> {
  const text = `SELECT string_to_array(starts, ' ') || ARRAY(SELECT id FROM reach WHERE reach.event = event.number) AS runs
    FROM event WHERE hash = substr(encode(sha256(convert_to($1, 'UTF8')), 'hex'), 1, 32)::uuid`
  const [row] = await ask<{ runs: string[] }>(database, text, [`${tenant}\n${event ?? ''}`])
  return row?.runs ?? []
}

async function rowsOf(database: Database, page: readonly { readonly number: number }[]): Promise<RunPage['runs']> {
  if (page.length === 0) return []
  const rows = await database.query<Row>(rowsStatement, [page.map(({ number }) => number)])
  const byNumbers = new Map(rows.map((row) => [row.number, runRow(row)]))
  return page.flatMap(({ number }) => byNumbers.get(number) ?? [])
}

const rowsStatement = {
  name: 'journal_rows',
  text: `SELECT ${columns} FROM run ${joins} WHERE run.number = ANY ($1::bigint[])`,
}

/** Each form of a question is prepared once, under its own text. */
async function ask<Found>(database: Database, text: string, values: readonly unknown[]): Promise<readonly Found[]> {
  let name = names.get(text)
  if (name === undefined) {
    // Bounded by the forms that a query can have.
    if (names.size > 500) throw new TenonError('INTERNAL', 'more forms of a list than there can be')
    names.set(text, (name = `journal_list_${names.size}`))
  }
  return database.query<Found>({ name, text }, values)
}

const names = new Map<string, string>()
