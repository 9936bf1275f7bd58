import type { RunStatus } from '../journal.ts'

/** Raised with each change of the tables; a file with a greater one is refused. */
export const schemaVersion = 4

/** `Teno`: tells our file from any other SQLite file. */
export const applicationId = 0x54656e6f

/** A status is stored as its place in this list: only ever append. */
export const statuses: readonly RunStatus[] = [
  'ready',
  'queued',
  'waiting',
  'parked',
  'completed',
  'failed',
  'cancelled',
]

export function statusOf(code: unknown): RunStatus {
  const status = statuses[code as number]
  if (status === undefined) throw new Error(`the journal holds a run with the unknown status ${String(code)}`)
  return status
}

/** A run of these is found by its status: what runs through, or has run through, is not. */
export const heldStatuses: ReadonlySet<RunStatus> = new Set(['queued', 'waiting', 'parked', 'failed', 'cancelled'])

export const statusCode = Object.fromEntries(statuses.map((status, code) => [status, code])) as Readonly<
  Record<RunStatus, number>
>

/** Numbers of one block. */
export const blockSize = 512

const heldIndex = 'CREATE INDEX run_held ON run (tenant, held, flow, code, number) WHERE held IS NOT NULL;'
const tallyTable =
  'CREATE TABLE tally (tenant TEXT NOT NULL, flow TEXT NOT NULL, status INTEGER NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY (tenant, flow, status)) STRICT, WITHOUT ROWID;'
// Where the runs of a flow are: written once for a block, where an index would cost each run.
const zoneTable =
  'CREATE TABLE zone (tenant TEXT NOT NULL, flow TEXT NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (tenant, flow, block)) STRICT, WITHOUT ROWID;'

/** What makes a file of each older version one of the next. */
export const upgrades: Readonly<Record<number, string>> = {
  1: `ALTER TABLE run ADD COLUMN held INTEGER; UPDATE run SET held = status WHERE status IN (1, 2, 3, 5, 6);
    DROP INDEX run_held; CREATE INDEX run_held ON run (tenant, held, run) WHERE held IS NOT NULL;`,
  2: `DROP INDEX run_held; ${heldIndex}
    DROP TABLE tally; ${tallyTable} INSERT INTO tally SELECT tenant, flow, status, count(*) FROM run GROUP BY tenant, flow, status;
    ${zoneTable} INSERT INTO zone SELECT DISTINCT tenant, flow, number / ${blockSize} FROM run;`,
  // The tables are the same; a version that does not know the log beside them must not open them.
  3: '',
}

/**
 * Runs, events and inbox messages take their numbers from one counter and are written at the right edge of their trees. Indexes that only some runs need
 * are partial, so that a run that just runs through touches few of them.
 */
export const schema: string = `
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, clean INTEGER NOT NULL, batch INTEGER NOT NULL,
  last_number INTEGER NOT NULL, merged INTEGER NOT NULL, seed INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
  number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, run TEXT NOT NULL, flow TEXT NOT NULL, version INTEGER NOT NULL,
  status INTEGER NOT NULL, key TEXT, in_line INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  ended_at INTEGER, wake_at INTEGER, code TEXT, recoveries INTEGER NOT NULL, event INTEGER, parent_run TEXT, parent_step TEXT,
  linked TEXT, input TEXT, held INTEGER
) STRICT;
CREATE UNIQUE INDEX run_id ON run (tenant, run);
CREATE INDEX run_ready ON run (flow, number) WHERE status = 0;
-- Column held is the status once more, for those found by it: an index on the status itself would be looked at with each run that just runs through.
${heldIndex}
CREATE INDEX run_wake ON run (wake_at, number) WHERE wake_at IS NOT NULL;
CREATE INDEX run_line ON run (tenant, flow, key, number) WHERE in_line = 1;
CREATE INDEX run_ended ON run (ended_at) WHERE ended_at IS NOT NULL AND in_line = 0;

-- One row holds the entries of one append; seq is that of its last entry, at its time. The rows stand in the order of writing, not by run: the runs in
-- progress would spread each batch over many pages, all of which would be written again.
CREATE TABLE entry (
  number INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, packed TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_run ON entry (run, seq);

CREATE TABLE event (
  number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
  dedupe_until INTEGER NOT NULL, expires INTEGER, starts TEXT NOT NULL, fields TEXT, body TEXT NOT NULL
) STRICT;
CREATE INDEX event_expires ON event (expires) WHERE expires IS NOT NULL;

-- Hashes of the keys of events up to meta.merged; later ones are in the writer's memory.
CREATE TABLE dedupe (hash INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (hash, event)) STRICT, WITHOUT ROWID;
-- Runs that an event reached, other than those it started.
CREATE TABLE reach (
  event INTEGER NOT NULL, run INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (event, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX reach_run ON reach (run);
-- Fields of the events that later waits may match.
CREATE TABLE field (hash INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (hash, event)) STRICT, WITHOUT ROWID;

CREATE TABLE wait (
  number INTEGER PRIMARY KEY, run INTEGER NOT NULL, step TEXT NOT NULL, hash INTEGER NOT NULL, tenant TEXT NOT NULL, type TEXT NOT NULL,
  match TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX wait_step ON wait (run, step);
CREATE INDEX wait_hash ON wait (hash);
-- Which fields the waits for a type match on: tells which combinations of an event's fields to look up.
CREATE TABLE shape (tenant TEXT NOT NULL, type TEXT NOT NULL, names TEXT NOT NULL, PRIMARY KEY (tenant, type, names)) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  position INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT, body TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_run ON inbox (run);
CREATE TABLE message (run INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (run, id)) STRICT, WITHOUT ROWID;

CREATE TABLE value (number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
CREATE TABLE value_use (owner INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (owner, hash)) STRICT, WITHOUT ROWID;
CREATE INDEX value_use_hash ON value_use (hash);

CREATE TABLE cursor (tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, name)) STRICT, WITHOUT ROWID;
${tallyTable}
${zoneTable}
-- Runs that are deleted already, but for their entries.
CREATE TABLE leftover (run INTEGER PRIMARY KEY) STRICT;
`
