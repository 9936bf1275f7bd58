import type { Stretch } from '../../postgres/moves.ts'
import type { Statement } from '../../postgres/session.ts'
import { format } from './format.ts'

/** What a tenant's rows are read, compared and written by. The same texts on both sides, so that what is compared is what is copied. */
export type TenantKind = 'event' | 'run'

/** From a column with a number of this side to one of the side that is written. What has no number there, because it has gone, is as `gone` says. */
type Renumber = (column: string, gone: (column: string) => string) => string

/** The numbers stay as they are. */
export const sameNumbers: Renumber = (column) => column

export function renumbering(stretches: readonly Stretch[]): Renumber {
  return (column, gone) => {
    const cases = stretches.map(
      ({ after, to, shift }) => `WHEN ${column} > ${after} AND ${column} <= ${to} THEN ${column} + ${shift}`,
    )
    return `CASE ${cases.join(' ')} ELSE ${gone(column)} END`
  }
}

const toNull = (): string => 'NULL'
/** Such a number belongs to nobody. */
const toNegative = (column: string): string => `-abs(${column})`

/** Rows of one kind as they shall be on the other side, without what is that side's own: ids of tenants and flows, partitions, positions. */
export const tenantRows: Readonly<Record<TenantKind, (renumber: Renumber) => string>> = {
  event: (n) => `
    SELECT ${n('event.number', toNull)} AS number, at, dedupe_until, expires, ${n('event.previous', toNull)} AS previous, hash::text AS hash, key, type, starts, fields, body,
      fields IS NOT NULL AND EXISTS (
        SELECT FROM (SELECT key, value FROM jsonb_each_text(event.fields::jsonb) LIMIT 1) one, field
        WHERE field.hash = field_hash_${format}(event.tenant, event.type, one.key, one.value) AND field.event = event.number
      ) AS kept,
      coalesce((SELECT jsonb_agg(jsonb_build_array(${n('reach.run', toNegative)}, reach.id) ORDER BY reach.id, reach.run) FROM reach WHERE reach.event = event.number), '[]') AS reached,
      ARRAY(SELECT value_use.hash FROM value_use WHERE owner = event.number ORDER BY value_use.hash) AS values
    FROM event`,
  run: (n) => `
    SELECT ${n('run.number', toNull)} AS number, flow.flow, version, status, recoveries, created_at, updated_at, ended_at, wake_at, ${n('run.event', toNull)} AS event,
      ${n('run.place', toNull)} AS place, line::text AS line, run.id, key, code, parent, parent_step, linked, input,
      coalesce((SELECT jsonb_agg(jsonb_build_array(after, seq, at, packed) ORDER BY after) FROM entry WHERE entry.run = run.number), '[]') AS entries,
      coalesce((SELECT jsonb_agg(jsonb_build_array(kind, name, body, at) ORDER BY position) FROM inbox WHERE inbox.run = run.number), '[]') AS inbox,
      coalesce((SELECT jsonb_agg(jsonb_build_array(step, type, match) ORDER BY wait.number) FROM wait WHERE wait.run = run.number), '[]') AS waits,
      ARRAY(SELECT message.id FROM message WHERE message.run = run.number ORDER BY message.id) AS messages,
      ARRAY(SELECT value_use.hash FROM value_use WHERE owner = run.number ORDER BY value_use.hash) AS values
    FROM run JOIN flow ON flow.id = run.flow`,
}

/** About so many bytes has a row of a kind. */
export const tenantBytes: Readonly<Record<TenantKind, string>> = {
  event: 'octet_length(body)',
  run: `coalesce(octet_length(input), 0) + coalesce((SELECT sum(octet_length(packed)) FROM entry WHERE entry.run = run.number), 0)
    + coalesce((SELECT sum(octet_length(body)) FROM inbox WHERE inbox.run = run.number), 0)`,
}

/** `$1`: the rows as JSON, `$2`: the tenant. What is there already must have been removed. */
export const putTenantEvents: Statement = {
  name: 'tenant_put_events',
  text: `WITH came AS MATERIALIZED (
      SELECT * FROM json_to_recordset($1::json) AS r (number bigint, at bigint, dedupe_until bigint, expires bigint, previous bigint, hash uuid, key text, type text, starts text, fields text, body text,
        kept boolean, reached jsonb, "values" text[])
    ), events AS (
      INSERT INTO event (number, at, dedupe_until, expires, previous, hash, tenant, key, type, starts, fields, body)
      SELECT number, at, dedupe_until, expires, previous, hash, $2::int, key, type, starts, fields, body FROM came ORDER BY number
    ), reaches AS (
      INSERT INTO reach SELECT came.number, (one ->> 0)::bigint, one ->> 1 FROM came, jsonb_array_elements(came.reached) AS one
    ), found AS (
      INSERT INTO field SELECT field_hash_${format}($2::int, came.type, one.key, one.value), came.number FROM came, jsonb_each_text(came.fields::jsonb) AS one WHERE came.kept
    )
    INSERT INTO value_use SELECT number, unnest("values") FROM came`,
}

/** The same, each with its `partition`. */
export const putTenantRuns: Statement = {
  name: 'tenant_put_runs',
  text: `WITH came AS MATERIALIZED (
      SELECT * FROM json_to_recordset($1::json) AS r (number bigint, flow text, version int, status int, recoveries int, created_at bigint, updated_at bigint, ended_at bigint, wake_at bigint, event bigint,
        place bigint, line uuid, id text, key text, code text, parent text, parent_step text, linked text, input text, partition int, entries jsonb, inbox jsonb, waits jsonb, messages text[], "values" text[])
    ), runs AS (
      INSERT INTO run (number, tenant, flow, partition, version, status, recoveries, created_at, updated_at, ended_at, wake_at, event, place, line, id, key, code, parent, parent_step, linked, input)
      SELECT number, $2::int, flow.id, partition, version, status, recoveries, created_at, updated_at, ended_at, wake_at, event, place, line, came.id, key, code, parent, parent_step, linked, input
      FROM came JOIN flow ON flow.tenant = $2::int AND flow.flow = came.flow ORDER BY number
    ), lines AS (
      INSERT INTO line SELECT line, place, number FROM came WHERE place IS NOT NULL
    ), written AS (
      INSERT INTO entry SELECT number, (one ->> 0)::int, (one ->> 1)::int, (one ->> 2)::bigint, one ->> 3 FROM came, jsonb_array_elements(entries) AS one
    ), mail AS (
      INSERT INTO inbox (run, kind, name, body, at)
      SELECT number, one ->> 0, one ->> 1, one ->> 2, (one ->> 3)::bigint FROM came, jsonb_array_elements(inbox) WITH ORDINALITY AS told (one, nth) ORDER BY number, nth
    ), shapes AS (
      INSERT INTO shape SELECT DISTINCT $2::int, one ->> 1, ARRAY(SELECT key FROM jsonb_object_keys((one ->> 2)::jsonb) AS key ORDER BY key COLLATE "C")
      FROM came, jsonb_array_elements(waits) AS one ON CONFLICT DO NOTHING
    ), waiting AS (
      INSERT INTO wait (run, step, hash, type, match)
      SELECT number, one ->> 0, match_hash_${format}($2::int, one ->> 1, (one ->> 2)::jsonb), one ->> 1, one ->> 2 FROM came, jsonb_array_elements(waits) WITH ORDINALITY AS begun (one, nth) ORDER BY number, nth
    ), told AS (
      INSERT INTO message SELECT number, unnest(messages) FROM came
    )
    INSERT INTO value_use SELECT number, unnest("values") FROM came`,
}

/** Of the numbers in `$1`, all that hangs on them. */
export const removeTenantRows: Readonly<Record<TenantKind, string>> = {
  event: `WITH gone AS MATERIALIZED (SELECT number, tenant, type, fields FROM event WHERE number = ANY ($1::bigint[])),
      reaches AS (DELETE FROM reach USING gone WHERE reach.event = gone.number),
      found AS (
        DELETE FROM field USING gone, jsonb_each_text(gone.fields::jsonb) AS one
        WHERE gone.fields IS NOT NULL AND field.event = gone.number AND field.hash = field_hash_${format}(gone.tenant, gone.type, one.key, one.value)
      ), used AS (DELETE FROM value_use USING gone WHERE owner = gone.number RETURNING hash),
      events AS (DELETE FROM event USING gone WHERE event.number = gone.number)
    SELECT DISTINCT hash FROM used`,
  run: `WITH gone AS MATERIALIZED (SELECT number, line, place FROM run WHERE number = ANY ($1::bigint[])),
      written AS (DELETE FROM entry USING gone WHERE entry.run = gone.number),
      mail AS (DELETE FROM inbox USING gone WHERE inbox.run = gone.number),
      told AS (DELETE FROM message USING gone WHERE message.run = gone.number),
      waiting AS (DELETE FROM wait USING gone WHERE wait.run = gone.number),
      behind AS (DELETE FROM held USING gone WHERE held.run = gone.number),
      lines AS (DELETE FROM line USING gone WHERE line.hash = gone.line AND line.place = gone.place),
      used AS (DELETE FROM value_use USING gone WHERE owner = gone.number RETURNING hash),
      runs AS (DELETE FROM run USING gone WHERE run.number = gone.number)
    SELECT DISTINCT hash FROM used`,
}
