import { nothingKept } from '../../postgres/fence.ts'
import type { Database } from '../../postgres/postgres.ts'
import { mostCounted, noRuns } from '../counts.ts'
import type { JournalHistory } from '../history.ts'
import type { EventRow, InboxMessage, JournalWork, LoadedRun, RunKey, RunStatus } from '../journal.ts'
import { unpack } from '../pack.ts'
import { restored, restoredOrNull } from './arrays.ts'
import { runsOf } from './compose.ts'
import { format } from './format.ts'
import { listRuns } from './list.ts'
import { digestOf } from './place.ts'
import { columns, joins, runRow, type Row } from './rows.ts'
import { statusOf } from './schema.ts'

export interface Reads {
  readonly database: Database
  /** The caller's. */
  readonly partitions: () => readonly number[]
  readonly node: number
  /** It is one of several databases, and keeps what is compared. */
  readonly isFenced: boolean
}

export function postgresWork({ database, partitions, node, isFenced }: Reads): JournalWork {
  let prunedTo = 0
  return {
    async ready({ limit, except, flow, without = [] }) {
      if (limit <= 0) return []
      const rows = await database.query<Row>(readyStatement, [
        partitions(),
        flow ?? null,
        without.map(({ tenant }) => tenant),
        without.map((one) => one.flow),
        [...(except ?? [])],
        limit,
      ])
      return rows.map(runRow)
    },
    async due({ now, limit, except }) {
      if (limit <= 0) return []
      return (await database.query<Row>(dueStatement, [partitions(), now, [...(except ?? [])], limit])).map(runRow)
    },
    async nextWake() {
      const [row] = await database.query<{ at: number | null }>(nextWakeStatement, [partitions()])
      return row?.at ?? null
    },
    load: (keys) => load(database, keys),
    async inbox(key) {
      return (await database.query<InboxMessage>(inboxStatement, [key.tenant, key.run])).map(restoredMessage)
    },
    async values(hashes) {
      const rows = await database.query<{ hash: string; body: string }>(valuesStatement, [hashes])
      const bodies = new Map(rows.map(({ hash, body }) => [hash, restored(body)]))
      return hashes.map((hash) => bodies.get(hash) ?? null)
    },
    async cursor(tenant, name) {
      const [row] = await database.query<{ value: string }>(cursorStatement, [tenant, name])
      return row === undefined ? null : restored(row.value)
    },
    async cursors(beginning) {
      const rows = await database.query<{ tenant: string; name: string; value: string }>(cursorsStatement, [beginning])
      return rows.map((row) => ({ ...row, value: restored(row.value) }))
    },
    async prune({ now, endedBefore, limit }) {
      const statement = isFenced ? fencedPruneStatement : pruneStatement
      const [row] = await database.query<{ answer: { more: boolean; last: number } }>(statement, [
        node,
        prunedTo,
        now,
        endedBefore,
        limit,
      ])
      prunedTo = row?.answer.last ?? 0
      return row?.answer.more === true
    },
  }
}

function restoredMessage(message: InboxMessage): InboxMessage {
  return { ...message, name: restoredOrNull(message.name), body: restored(message.body) }
}

async function load(database: Database, keys: readonly RunKey[]): Promise<(LoadedRun | null)[]> {
  const of = [keys.map(({ tenant }) => tenant), keys.map(({ run }) => run)]
  const rows = await database.query<Row & { place: number; input: string }>(loadStatement, of)
  const numbers = rows.map(({ number }) => number)
  const [entries, inbox] = await Promise.all([
    database.query<{ run: number; seq: number; packed: string }>(entriesStatement, [numbers]),
    database.query<InboxMessage & { of: number }>(inboxesStatement, [numbers]),
  ])
  const loaded = new Map(
    rows.map(({ place, input, ...row }) => [
      place,
      {
        row: runRow(row),
        input: restored(input),
        entries: entries
          .filter(({ run }) => run === row.number)
          .flatMap(({ packed, seq }) => unpack(restored(packed), seq)),
        inbox: inbox
          .filter(({ of: run }) => run === row.number)
          .map(({ of: _of, ...message }) => restoredMessage(message)),
      },
    ]),
  )
  // Whoever reads a run between its statements may see more entries than its row tells of.
  return keys.map((_, index) => loaded.get(index + 1) ?? null)
}

export function postgresHistory({ database }: Reads): JournalHistory {
  return {
    list: (query) => listRuns(database, query),
    async find(tenant, runId) {
      const [row] = await database.query<Row>(findStatement, [tenant, runId])
      return row === undefined ? null : runRow(row)
    },
    async entries(tenant, runId) {
      const rows = await database.query<{ seq: number; packed: string }>(runEntriesStatement, [tenant, runId])
      return rows.flatMap(({ packed, seq }) => unpack(restored(packed), seq))
    },
    async event(tenant, eventKey) {
      const [row] = await database.query<Omit<EventRow, 'runs'> & { starts: string; reached: string[] | null }>(
        eventStatement,
        [digestOf(tenant, eventKey)],
      )
      if (row === undefined) return null
      const { starts, reached, ...event } = row
      return { ...event, body: restored(event.body), runs: runsOf(starts, reached) }
    },
    async counts(tenant) {
      const counts = noRuns()
      for (const { status, runs } of await tallies(tenant)) counts[statusOf(status)] += runs
      return counts
    },
    async countsByFlow(tenant) {
      const byFlow: Record<string, Record<RunStatus, number>> = {}
      for (const { flow, status, runs } of await tallies(tenant)) (byFlow[flow] ??= noRuns())[statusOf(status)] += runs
      return byFlow
    },
    async line(tenant, runId, limit) {
      const [row] = await database.query<{
        ahead: string | null
        behindCount: number
        behind: { run: string; createdAt: number }[] | null
      }>(lineStatement, [tenant, runId, limit])
      return { ahead: row?.ahead ?? null, behind: row?.behind ?? [], behindCount: row?.behindCount ?? 0 }
    },
  }

  function tallies(tenant: string): Promise<readonly { flow: string; status: number; runs: number }[]> {
    return database.query(tallyStatement, [tenant])
  }
}

const readyStatement = {
  name: 'journal_ready',
  // A look-up for each partition and flow: of a flow that is left out nothing is read.
  text: `WITH RECURSIVE place AS (
      SELECT p.partition, (SELECT min(flow) FROM ready WHERE ready.partition = p.partition) AS flow FROM unnest($1::int[]) AS p (partition)
      UNION ALL SELECT place.partition, (SELECT min(flow) FROM ready WHERE ready.partition = place.partition AND ready.flow > place.flow) FROM place WHERE place.flow IS NOT NULL
    )
    SELECT ${columns} FROM (
      SELECT found.run AS number FROM place JOIN flow ON flow.id = place.flow JOIN tenant ON tenant.id = flow.tenant,
        LATERAL (
          SELECT ready.run FROM ready JOIN run ON run.number = ready.run WHERE ready.partition = place.partition AND ready.flow = place.flow AND NOT run.id = ANY ($5::text[])
          ORDER BY ready.run LIMIT $6
        ) found
      WHERE ($2::text IS NULL OR flow.flow = $2) AND NOT EXISTS (SELECT 1 FROM unnest($3::text[], $4::text[]) AS w (tenant, flow) WHERE w.tenant = tenant.tenant AND w.flow = flow.flow)
      ORDER BY found.run LIMIT $6
    ) picked JOIN run ON run.number = picked.number ${joins} ORDER BY run.number`,
}

const dueStatement = {
  name: 'journal_due',
  text: `SELECT ${columns} FROM (
      SELECT found.number FROM unnest($1::int[]) AS p (partition), LATERAL (
        SELECT held.run AS number, held.wake_at FROM held JOIN run ON run.number = held.run
        WHERE held.partition = p.partition AND held.wake_at <= $2 AND NOT run.id = ANY ($3::text[]) ORDER BY held.wake_at, held.run LIMIT $4
      ) found ORDER BY found.wake_at, found.number LIMIT $4
    ) picked JOIN run ON run.number = picked.number ${joins} ORDER BY run.wake_at, run.number`,
}

const nextWakeStatement = {
  name: 'journal_next_wake',
  text: `SELECT min(first.wake_at) AS at FROM unnest($1::int[]) AS p (partition),
    LATERAL (SELECT wake_at FROM held WHERE held.partition = p.partition AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1) first`,
}

const loadStatement = {
  name: 'journal_load',
  text: `SELECT a.place, ${columns}, coalesce(run.input, (SELECT body FROM event WHERE event.number = run.event), '') AS input
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a (tenant, id, place) JOIN tenant asked ON asked.tenant = a.tenant JOIN run ON run.tenant = asked.id AND run.id = a.id ${joins}`,
}

const entriesStatement = {
  name: 'journal_entries',
  text: 'SELECT run, seq, packed FROM entry WHERE run = ANY ($1::bigint[]) ORDER BY run, after',
}

const runEntriesStatement = {
  name: 'journal_run_entries',
  text: `SELECT seq, packed FROM entry WHERE run = (SELECT number FROM run JOIN tenant ON tenant.id = run.tenant WHERE tenant.tenant = $1 AND run.id = $2) ORDER BY after`,
}

const inboxesStatement = {
  name: 'journal_inboxes',
  text: 'SELECT run AS of, position, kind, name, body, at FROM inbox WHERE run = ANY ($1::bigint[]) ORDER BY run, position',
}

const inboxStatement = {
  name: 'journal_inbox',
  text: `SELECT position, kind, name, body, at FROM inbox
    WHERE run = (SELECT number FROM run JOIN tenant ON tenant.id = run.tenant WHERE tenant.tenant = $1 AND run.id = $2) ORDER BY position`,
}

const valuesStatement = {
  name: 'journal_values',
  text: 'SELECT hash, body FROM value WHERE hash = ANY ($1::text[])',
}

const cursorStatement = {
  name: 'journal_cursor',
  text: 'SELECT value FROM cursor JOIN tenant ON tenant.id = cursor.tenant WHERE tenant.tenant = $1 AND name = $2',
}

const cursorsStatement = {
  name: 'journal_cursors',
  text: 'SELECT tenant.tenant, name, value FROM cursor JOIN tenant ON tenant.id = cursor.tenant WHERE starts_with(name, $1)',
}

const pruneStatement = { name: 'journal_prune', text: `SELECT prune_${format}($1, $2, $3, $4, $5) AS answer` }

const fencedPruneStatement = {
  name: 'journal_prune_fenced',
  text: `${pruneStatement.text} WHERE ${nothingKept}`,
}

const findStatement = {
  name: 'journal_find',
  text: `SELECT ${columns} FROM tenant asked JOIN run ON run.tenant = asked.id ${joins} WHERE asked.tenant = $1 AND run.id = $2`,
}

const eventStatement = {
  name: 'journal_event',
  text: `SELECT key, type, at, body, starts, (SELECT array_agg(id) FROM reach WHERE reach.event = event.number) AS reached FROM event WHERE hash = $1`,
}

const tallyStatement = {
  name: 'journal_tally',
  text: `SELECT flow.flow, status, sum(runs)::bigint AS runs FROM tally JOIN flow ON flow.id = tally.flow JOIN tenant ON tenant.id = flow.tenant
    WHERE tenant.tenant = $1 GROUP BY flow.flow, status HAVING sum(runs) > 0`,
}

const lineStatement = {
  name: 'journal_line',
  text: `SELECT (SELECT head.id FROM line JOIN run head ON head.number = line.run WHERE line.hash = run.line AND line.place < run.place ORDER BY line.place LIMIT 1) AS ahead,
      (SELECT count(*) FROM (SELECT 1 FROM line WHERE line.hash = run.line AND line.place > run.place LIMIT ${mostCounted}) counted) AS "behindCount",
      (SELECT jsonb_agg(jsonb_build_object('run', one.id, 'createdAt', one.created_at) ORDER BY one.place) FROM (
        SELECT next.id, next.created_at, line.place FROM line JOIN run next ON next.number = line.run WHERE line.hash = run.line AND line.place > run.place ORDER BY line.place LIMIT $3
      ) one) AS behind
    FROM run JOIN tenant ON tenant.id = run.tenant WHERE tenant.tenant = $1 AND run.id = $2 AND run.place IS NOT NULL`,
}
