import type { Session } from '../../postgres/session.ts'
import type { CursorTransfer, EventTransfer, RunTransfer, TransferRow, ValueTransfer } from '../transfer.ts'
import { storable } from './arrays.ts'
import { storableOrNull } from './call.ts'
import { storableFields } from './compose-start.ts'
import { format } from './format.ts'
import { Names } from './names.ts'
import { digestOf, partitionOf } from './place.ts'
import { blockSize, statusCode } from './schema.ts'

type Asked = Pick<Session, 'query'>

/** Takes rows in, within the caller's transaction. What is there already stays as it is. */
export class TransferWriter {
  readonly #names = new Names()
  readonly #partitions: number

  constructor(partitions: number) {
    this.#partitions = partitions
  }

  async put(session: Asked, rows: readonly TransferRow[]): Promise<void> {
    const of = <Kind extends TransferRow['kind']>(kind: Kind) =>
      rows.filter((row): row is Extract<TransferRow, { kind: Kind }> => row.kind === kind)
    const [values, events, runs, cursors] = [of('value'), of('event'), of('run'), of('cursor')]
    await this.#names.learn(
      session,
      [...events, ...runs, ...cursors].map(({ tenant }) => tenant),
      runs,
    )
    if (values.length > 0) await putValues(session, values)
    if (events.length > 0) await this.#putEvents(session, events)
    if (runs.length > 0) await this.#putRuns(session, runs)
    if (cursors.length > 0) await this.#putCursors(session, cursors)
  }

  async #putEvents(session: Asked, all: readonly EventTransfer[]): Promise<void> {
    const hashes = new Map(all.map((event) => [event, digestOf(event.tenant, event.key)]))
    const holders = await session.query<{ number: number; hash: string }>(
      {
        name: 'transfer_holders',
        text: `SELECT number, replace(hash::text, '-', '') AS hash FROM event WHERE hash = ANY ($1::uuid[])`,
      },
      [[...new Set(hashes.values())]],
    )
    const latest = new Map(holders.map(({ number, hash }) => [hash, number]))
    // Of those that came under one key only the last is found by it, and it names the one before.
    const rows = new Map<number, object>()
    const superseded: number[] = []
    for (const event of all) {
      const hash = hashes.get(event) ?? ''
      const previous = latest.get(hash) ?? null
      if (previous !== null && previous >= event.number) continue
      if (previous !== null) {
        superseded.push(previous)
        const earlier = rows.get(previous)
        if (earlier !== undefined) rows.set(previous, { ...earlier, hash: null })
      }
      latest.set(hash, event.number)
      rows.set(event.number, { ...this.#eventRow(event), previous, hash })
    }
    const events = all.filter(({ number }) => rows.has(number))
    await session.query(
      { name: 'transfer_superseded', text: 'UPDATE event SET hash = NULL WHERE number = ANY ($1::bigint[])' },
      [superseded],
    )
    await insert(session, 'event', eventColumns, [...rows.values()])
    await insert(
      session,
      'reach',
      'event bigint, run bigint, id text',
      events.flatMap(({ number, reached }) => reached.map(({ number: run, run: id }) => ({ event: number, run, id }))),
    )
    await insertValueUses(session, events)
    await session.query(fieldStatement, [JSON.stringify(events.flatMap((event) => this.#fieldRows(event)))])
  }

  #eventRow({ number, tenant, key, type, at, dedupeUntil, expires, starts, fields, body }: EventTransfer): object {
    const text = fields === null ? null : JSON.stringify(storableFields(fields))
    const row = { number, at, dedupe_until: dedupeUntil, expires, tenant: this.#names.tenant(tenant), key, type }
    return { ...row, starts: starts.join(' '), fields: text, body: storable(body) }
  }

  #fieldRows({ number, tenant, type, fields, isKept }: EventTransfer): readonly object[] {
    if (fields === null || !isKept) return []
    const of = { tenant: this.#names.tenant(tenant), type, event: number }
    return Object.entries(storableFields(fields)).map(([name, value]) => ({ ...of, name, value }))
  }

  async #putRuns(session: Asked, runs: readonly RunTransfer[]): Promise<void> {
    const rows = runs.map((run) => this.#runRow(run))
    await insert(session, 'run', runColumns, rows)
    const lined = rows.filter(({ place }) => place !== null)
    await insert(
      session,
      'line',
      'hash uuid, place bigint, run bigint',
      lined.map(({ line, place, number }) => ({ hash: line, place, run: number })),
    )
    await session.query(placesStatement, [rows.map(({ number }) => number)])
    const parts = <Part extends object>(partsOf: (run: RunTransfer) => readonly Part[]) =>
      runs.flatMap((run) => partsOf(run).map((part) => ({ run: run.number, ...part })))
    await insert(session, 'entry', 'run bigint, after int, seq int, at bigint, packed text', parts(entryRows))
    await insert(
      session,
      'inbox',
      'position bigint, run bigint, kind text, name text, body text, at bigint',
      parts(({ inbox }) => inbox.map((one) => ({ ...one, name: storableOrNull(one.name), body: storable(one.body) }))),
    )
    await insert(
      session,
      'message',
      'run bigint, id text',
      parts(({ messages }) => messages.map((id) => ({ id }))),
    )
    await insertValueUses(session, runs)
    const waits = parts(({ tenant, waits: begun }) =>
      begun.map(({ number, step, type, match }) => ({
        number,
        step: storable(step),
        tenant: this.#names.tenant(tenant),
        type,
        match: storableFields(match),
      })),
    )
    if (waits.length > 0) await session.query(waitStatement, [JSON.stringify(waits)])
  }

  #runRow(run: RunTransfer) {
    const { number, tenant, flow, key, parent } = run
    return {
      number,
      tenant: this.#names.tenant(tenant),
      flow: this.#names.flow(tenant, flow),
      partition: partitionOf(run, this.#partitions),
      version: run.version,
      status: statusCode[run.status],
      recoveries: run.recoveries,
      created_at: run.createdAt,
      updated_at: run.updatedAt,
      ended_at: run.endedAt,
      wake_at: run.wakeAt,
      event: run.event,
      place: run.inLine ? number : null,
      line: key === null ? null : digestOf(tenant, flow, key),
      id: run.run,
      key: storableOrNull(key),
      code: storableOrNull(run.code),
      parent: parent?.run ?? null,
      parent_step: storableOrNull(parent?.step),
      linked: run.linked,
      input: storableOrNull(run.input),
    }
  }

  async #putCursors(session: Asked, cursors: readonly CursorTransfer[]): Promise<void> {
    const rows = cursors.map(({ tenant, name, value }) => ({
      tenant: this.#names.tenant(tenant),
      name,
      value: storable(value),
    }))
    await insert(session, 'cursor', 'tenant int, name text, value text', rows)
  }
}

function entryRows({ entries }: RunTransfer): readonly object[] {
  return entries.map(({ seq, at, packed }, index) => ({
    after: entries[index - 1]?.seq ?? 0,
    seq,
    at,
    packed: storable(packed),
  }))
}

async function putValues(session: Asked, values: readonly ValueTransfer[]): Promise<void> {
  await insert(
    session,
    'value',
    'hash text, body text',
    values.map(({ hash, body }) => ({ hash, body: storable(body) })),
  )
}

async function insertValueUses(session: Asked, owners: readonly (EventTransfer | RunTransfer)[]): Promise<void> {
  const rows = owners.flatMap(({ number, values }) => values.map((hash) => ({ owner: number, hash })))
  await insert(session, 'value_use', 'owner bigint, hash text', rows)
}

const eventColumns =
  'number bigint, at bigint, dedupe_until bigint, expires bigint, previous bigint, hash uuid, tenant int, key text, type text, starts text, fields text, body text'
const runColumns =
  'number bigint, tenant int, flow int, partition int, version int, status int, recoveries int, created_at bigint, updated_at bigint, ended_at bigint, wake_at bigint, event bigint, place bigint, line uuid, id text, key text, code text, parent text, parent_step text, linked text, input text'

/** `columns` with their types: names of ours, never of a user. */
async function insert(session: Asked, table: string, columns: string, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return
  const names = columns.replaceAll(/ \w+(,|$)/g, '$1')
  await session.query(
    {
      name: `transfer_${table}`,
      text: `INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM json_to_recordset($1::json) AS r (${columns}) ON CONFLICT DO NOTHING`,
    },
    [JSON.stringify(rows)],
  )
}

const fieldStatement = {
  name: 'transfer_field',
  text: `INSERT INTO field SELECT field_hash_${format}(tenant, type, name, value), event FROM json_to_recordset($1::json) AS r (tenant int, type text, name text, value text, event bigint)
    ON CONFLICT DO NOTHING`,
}

const placesStatement = {
  name: 'transfer_places',
  text: `WITH came AS MATERIALIZED (SELECT number, partition, tenant, flow, status, code, wake_at FROM run WHERE number = ANY ($1::bigint[])),
      ready AS (INSERT INTO ready SELECT partition, flow, number FROM came WHERE status = 0 ON CONFLICT DO NOTHING)
    INSERT INTO held SELECT number, partition, tenant, flow, status, coalesce(code, ''), wake_at FROM came WHERE status NOT IN (0, 4) ON CONFLICT DO NOTHING`,
}

const waitStatement = {
  name: 'transfer_wait',
  text: `WITH came AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS r (number bigint, run bigint, step text, tenant int, type text, match jsonb)),
      shapes AS (INSERT INTO shape SELECT DISTINCT tenant, type, ARRAY(SELECT key FROM jsonb_object_keys(match) AS key ORDER BY key COLLATE "C") FROM came ON CONFLICT DO NOTHING)
    INSERT INTO wait (number, run, step, hash, type, match) OVERRIDING SYSTEM VALUE SELECT number, run, step, match_hash_${format}(tenant, type, match), type, match::text FROM came ON CONFLICT DO NOTHING`,
}

/** What the rows come to: counts, and from where numbers go on. */
export async function completeTables(session: Asked, closedCleanly: boolean): Promise<void> {
  await session.query(`DELETE FROM tally;
    INSERT INTO tally SELECT 0, flow, status, count(*) FROM run GROUP BY flow, status;
    SELECT setval('number_block', (SELECT greatest((SELECT max(number) FROM run), (SELECT max(number) FROM event), (SELECT max(position) FROM inbox), 0) / ${blockSize} + 1));
    SELECT setval(pg_get_serial_sequence('inbox', 'position'), (SELECT coalesce(max(position), 0) + 1 FROM inbox));
    SELECT setval(pg_get_serial_sequence('wait', 'number'), (SELECT coalesce(max(number), 0) + 1 FROM wait));
    UPDATE lease SET orphaned_before = ${closedCleanly ? '0' : `now_ms_${format}()`};`)
}
