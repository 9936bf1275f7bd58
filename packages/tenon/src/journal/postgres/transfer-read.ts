import { parseJson } from '../../base/json.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { InboxMessage } from '../journal.ts'
import { pageBytes, pageRows, type EventTransfer, type RunTransfer, type TransferRow } from '../transfer.ts'
import { restored, restoredOrNull } from './arrays.ts'
import { runsOf } from './compose.ts'
import { format } from './format.ts'
import { statusOf } from './schema.ts'

type Fields = Readonly<Record<string, string>>

export interface Page {
  readonly rows: readonly TransferRow[]
  readonly last: string
}

/** Reads pages of a journal that nobody writes. */
export class TransferReader {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  read(kind: TransferRow['kind'], after: string | null): Promise<Page | null> {
    if (kind === 'value') return this.#values(after ?? '')
    if (kind === 'event') return this.#events(Number(after ?? 0))
    if (kind === 'run') return this.#runs(Number(after ?? 0))
    return this.#cursors(after)
  }

  async #values(after: string): Promise<Page | null> {
    const rows = await this.#database.query<{ hash: string; body: string }>(valuesStatement, [
      after,
      pageRows,
      pageBytes,
    ])
    const last = rows.at(-1)
    if (last === undefined) return null
    return { rows: rows.map(({ hash, body }) => ({ kind: 'value', hash, body: restored(body) })), last: last.hash }
  }

  async #cursors(after: string | null): Promise<Page | null> {
    const [tenant = '', name = ''] = after?.split(' ') ?? []
    const rows = await this.#database.query<{ tenant: string; name: string; value: string }>(cursorsStatement, [
      tenant,
      name,
      pageRows,
    ])
    const last = rows.at(-1)
    if (last === undefined) return null
    return {
      rows: rows.map((row) => ({ kind: 'cursor', ...row, value: restored(row.value) })),
      last: `${last.tenant} ${last.name}`,
    }
  }

  async #events(after: number): Promise<Page | null> {
    const rows = await this.#database.query<EventRow>(eventsStatement, [after, pageRows, pageBytes])
    const last = rows.at(-1)
    if (last === undefined) return null
    return { rows: rows.map(eventOf), last: String(last.number) }
  }

  async #runs(after: number): Promise<Page | null> {
    const database = this.#database
    const rows = await database.query<StoredRun>(runsStatement, [after, pageRows, pageBytes])
    const last = rows.at(-1)
    if (last === undefined) return null
    const numbers = [rows.map(({ number }) => number)]
    const [entries, inbox, waits, messages, values] = await Promise.all([
      database.query<Of & { seq: number; at: number; packed: string }>(entriesStatement, numbers),
      database.query<Of & InboxMessage>(inboxStatement, numbers),
      database.query<Of & { number: number; step: string; type: string; match: string }>(waitsStatement, numbers),
      database.query<Of & { id: string }>(messagesStatement, numbers),
      database.query<Of & { hash: string }>(usesStatement, numbers),
    ])
    const parts = {
      entries: groupOf(entries),
      inbox: groupOf(inbox),
      waits: groupOf(waits),
      messages: groupOf(messages),
      values: groupOf(values),
    }
    const runs = rows.map(({ status, parent, parentStep, ...run }): RunTransfer => {
      const { number } = run
      return {
        kind: 'run',
        ...run,
        status: statusOf(status),
        key: restoredOrNull(run.key),
        code: restoredOrNull(run.code),
        input: restoredOrNull(run.input),
        parent: parent === null ? null : { run: parent, step: restoredOrNull(parentStep) ?? '' },
        entries: parts.entries(number).map(({ seq, at, packed }) => ({ seq, at, packed: restored(packed) })),
        inbox: parts
          .inbox(number)
          .map(({ of: _of, ...one }) => ({ ...one, name: restoredOrNull(one.name), body: restored(one.body) })),
        waits: parts.waits(number).map(({ number: wait, step, type, match }) => ({
          number: wait,
          step: restored(step),
          type,
          match: restoredFields(parseJson(match) as Fields),
        })),
        messages: parts.messages(number).map(({ id }) => id),
        values: parts.values(number).map(({ hash }) => hash),
      }
    })
    return { rows: runs, last: String(last.number) }
  }
}

interface Of {
  /** Number of the run. */
  readonly of: number
}

function groupOf<Part extends Of>(parts: readonly Part[]): (run: number) => readonly Part[] {
  const groups = new Map<number, Part[]>()
  for (const part of parts) {
    const group = groups.get(part.of)
    if (group === undefined) groups.set(part.of, [part])
    else group.push(part)
  }
  return (run) => groups.get(run) ?? []
}

function restoredFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [restored(name), restored(value)]))
}

interface EventRow extends Omit<EventTransfer, 'kind' | 'starts' | 'fields' | 'reached'> {
  readonly starts: string
  readonly fields: string | null
  readonly reached: readonly (readonly [number: number, run: string])[] | null
}

function eventOf({ starts, fields, reached, body, ...event }: EventRow): EventTransfer {
  return {
    kind: 'event',
    ...event,
    fields: fields === null ? null : restoredFields(parseJson(fields) as Fields),
    body: restored(body),
    starts: runsOf(starts, null),
    reached: (reached ?? []).map(([number, run]) => ({ number, run })),
  }
}

type StoredRun = Pick<
  RunTransfer,
  | 'number'
  | 'tenant'
  | 'run'
  | 'flow'
  | 'version'
  | 'key'
  | 'inLine'
  | 'createdAt'
  | 'updatedAt'
  | 'endedAt'
  | 'wakeAt'
  | 'code'
  | 'recoveries'
  | 'event'
  | 'linked'
  | 'input'
> & { readonly status: number; readonly parent: string | null; readonly parentStep: string | null }

/** The next rows of a table, but for those beyond about so many bytes. A long text's size is known without reading it. */
const upTo = (table: string, id: string, type: string, bytes: string): string => `SELECT ${id} FROM (
    SELECT ${id}, sum(bytes) OVER (ORDER BY ${id}) - bytes AS before FROM (SELECT ${id}, ${bytes} AS bytes FROM ${table} WHERE ${id} > $1::${type} ORDER BY ${id} LIMIT $2) few
  ) sized WHERE before < $3`

const valuesStatement = {
  name: 'transfer_read_values',
  text: `SELECT hash, body FROM value WHERE hash IN (${upTo('value', 'hash', 'text', 'octet_length(body)')}) ORDER BY hash`,
}

const cursorsStatement = {
  name: 'transfer_read_cursors',
  text: `SELECT tenant.tenant, name, value FROM cursor JOIN tenant ON tenant.id = cursor.tenant WHERE (tenant.tenant, name) > ($1, $2) ORDER BY tenant.tenant, name LIMIT $3`,
}

const eventsStatement = {
  name: 'transfer_read_events',
  text: `SELECT number, tenant.tenant, key, type, at, dedupe_until AS "dedupeUntil", expires, fields, body, starts,
      fields IS NOT NULL AND EXISTS (
        SELECT 1 FROM (SELECT key, value FROM jsonb_each_text(event.fields::jsonb) LIMIT 1) one, field
        WHERE field.hash = field_hash_${format}(event.tenant, event.type, one.key, one.value) AND field.event = event.number
      ) AS "isKept",
      (SELECT jsonb_agg(jsonb_build_array(run, id) ORDER BY run) FROM reach WHERE reach.event = event.number) AS reached,
      ARRAY(SELECT hash FROM value_use WHERE owner = event.number ORDER BY hash) AS values
    FROM event JOIN tenant ON tenant.id = event.tenant WHERE number IN (${upTo('event', 'number', 'bigint', 'octet_length(body)')}) ORDER BY number`,
}

const runBytes = `coalesce(octet_length(input), 0) + coalesce((SELECT sum(octet_length(packed)) FROM entry WHERE entry.run = run.number), 0)
  + coalesce((SELECT sum(octet_length(body)) FROM inbox WHERE inbox.run = run.number), 0)`

const runsStatement = {
  name: 'transfer_read_runs',
  text: `SELECT number, tenant.tenant, run.id AS run, flow.flow, version, status, key, place IS NOT NULL AS "inLine", created_at AS "createdAt", updated_at AS "updatedAt", ended_at AS "endedAt",
      wake_at AS "wakeAt", code, recoveries, event, parent, parent_step AS "parentStep", linked, input
    FROM run JOIN tenant ON tenant.id = run.tenant JOIN flow ON flow.id = run.flow WHERE number IN (${upTo('run', 'number', 'bigint', runBytes)}) ORDER BY number`,
}

const ofRuns = 'run = ANY ($1::bigint[])'

const entriesStatement = {
  name: 'transfer_read_entries',
  text: `SELECT run AS of, seq, at, packed FROM entry WHERE ${ofRuns} ORDER BY run, after`,
}

const inboxStatement = {
  name: 'transfer_read_inbox',
  text: `SELECT run AS of, position, kind, name, body, at FROM inbox WHERE ${ofRuns} ORDER BY run, position`,
}

const waitsStatement = {
  name: 'transfer_read_waits',
  text: `SELECT run AS of, number, step, type, match FROM wait WHERE ${ofRuns} ORDER BY number`,
}

const messagesStatement = {
  name: 'transfer_read_messages',
  text: `SELECT run AS of, id FROM message WHERE ${ofRuns} ORDER BY run, id`,
}

const usesStatement = {
  name: 'transfer_read_uses',
  text: 'SELECT owner AS of, hash FROM value_use WHERE owner = ANY ($1::bigint[]) ORDER BY owner, hash',
}
