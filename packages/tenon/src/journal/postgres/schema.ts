import type { RunStatus } from '../journal.ts'

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

export const statusCode = Object.fromEntries(statuses.map((status, code) => [status, code])) as Readonly<
  Record<RunStatus, number>
>

export function statusOf(code: unknown): RunStatus {
  const status = statuses[code as number]
  if (status === undefined) throw new Error(`the journal holds a run with the unknown status ${String(code)}`)
  return status
}

/** Numbers of one block. A batch takes a block or more, so that the node can say beforehand in which order its runs and events stand. */
export const blockSize = 4096

// Tables whose rows live shortly are looked through for dead rows often, and never as a whole because of their growth.
const shortLived =
  'autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 1, autovacuum_analyze_scale_factor = 0.5'
// Mostly new rows at the end: the share of dead ones is small, and looking through a large table for them must be rare.
const long = 'autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2'

/**
 * The tables as the first released format has them; they stay as they are here. What later formats add is in `format.ts`.
 *
 * No column of table run that ever changes stands in an index: a change of state stays on its page (HOT), and its row is found by tables of their own, `ready`, `held` and `line`,
 * whose size is that of what lives.
 */
export const schema: string = `
CREATE SEQUENCE number_block;
CREATE SEQUENCE epoch_number;
CREATE TABLE tenant (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant text COLLATE "C" NOT NULL UNIQUE);
CREATE TABLE flow (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant int NOT NULL, flow text COLLATE "C" NOT NULL, UNIQUE (tenant, flow)
);

CREATE TABLE run (
  number bigint PRIMARY KEY, tenant int NOT NULL, flow int NOT NULL, partition int NOT NULL, version int NOT NULL, status int NOT NULL, recoveries int NOT NULL,
  created_at bigint NOT NULL, updated_at bigint NOT NULL, ended_at bigint, wake_at bigint, event bigint, place bigint, line uuid,
  id text COLLATE "C" NOT NULL, key text COLLATE "C", code text COLLATE "C", parent text COLLATE "C", parent_step text, linked text, input text
) WITH (fillfactor = 80, ${long});
CREATE UNIQUE INDEX run_id ON run (tenant, id);
-- Runs that may go on.
CREATE TABLE ready (partition int, flow int, run bigint, PRIMARY KEY (partition, flow, run)) WITH (${shortLived});
-- Runs that neither may go on nor are completed.
CREATE TABLE held (
  run bigint PRIMARY KEY, partition int NOT NULL, tenant int NOT NULL, flow int NOT NULL, status int NOT NULL, code text COLLATE "C" NOT NULL, wake_at bigint
) WITH (${shortLived});
CREATE INDEX held_status ON held (tenant, status, flow, code, run);
CREATE INDEX held_wake ON held (partition, wake_at, run) WHERE wake_at IS NOT NULL;
-- Runs that stand in the line of their flow and key, by arrival.
CREATE TABLE line (hash uuid, place bigint, run bigint NOT NULL, PRIMARY KEY (hash, place)) WITH (${shortLived});

-- One row holds the entries of one append: those after a sequence, up to another.
CREATE TABLE entry (run bigint, after int, seq int NOT NULL, at bigint NOT NULL, packed text NOT NULL, PRIMARY KEY (run, after)) WITH (${long});

-- The latest event of a key has its hash; an earlier one, kept for its runs, has none, and is what the later one names as previous.
CREATE TABLE event (
  number bigint PRIMARY KEY, at bigint NOT NULL, dedupe_until bigint NOT NULL, expires bigint, previous bigint, hash uuid, tenant int NOT NULL,
  key text NOT NULL, type text NOT NULL, starts text NOT NULL, fields text, body text NOT NULL
) WITH (${long});
CREATE UNIQUE INDEX event_hash ON event (hash);
CREATE INDEX event_expires ON event (expires);
CREATE INDEX event_previous ON event (previous) WHERE previous IS NOT NULL;
-- Runs that an event reached, other than those it started.
CREATE TABLE reach (event bigint, run bigint, id text NOT NULL, PRIMARY KEY (event, run));
CREATE INDEX reach_run ON reach (run);
-- Fields of the events that later waits may match.
CREATE TABLE field (hash uuid, event bigint, PRIMARY KEY (hash, event));

CREATE TABLE wait (
  number bigint GENERATED ALWAYS AS IDENTITY, run bigint, step text COLLATE "C", hash uuid NOT NULL, type text NOT NULL, match text NOT NULL, PRIMARY KEY (run, step)
) WITH (${shortLived});
CREATE INDEX wait_hash ON wait (hash);
-- Which fields the waits for a type match on: tells which combinations of an event's fields to look up.
CREATE TABLE shape (tenant int, type text COLLATE "C", names text[] COLLATE "C", PRIMARY KEY (tenant, type, names));

CREATE TABLE inbox (
  position bigint GENERATED ALWAYS AS IDENTITY, run bigint, kind text NOT NULL, name text, body text NOT NULL, at bigint NOT NULL, PRIMARY KEY (run, position)
) WITH (${shortLived});
CREATE TABLE message (run bigint, id text COLLATE "C", PRIMARY KEY (run, id));
CREATE TABLE value (hash text COLLATE "C" PRIMARY KEY, body text NOT NULL);
CREATE TABLE value_use (owner bigint, hash text COLLATE "C", PRIMARY KEY (owner, hash));
CREATE INDEX value_use_hash ON value_use (hash);
CREATE TABLE cursor (tenant int, name text COLLATE "C", value text NOT NULL, PRIMARY KEY (tenant, name)) WITH (fillfactor = 50);

-- Counts of runs. Each node changes rows of its own, or all nodes would wait for one another; 0 has those of nodes that are gone.
CREATE TABLE tally (node int, flow int, status int, runs bigint NOT NULL, PRIMARY KEY (node, flow, status)) WITH (fillfactor = 20, ${shortLived});
-- What the last batch of a node came to: settles a commit whose answer was lost. A batch of an earlier session is refused.
CREATE TABLE batch (node int PRIMARY KEY, session int NOT NULL, batch bigint NOT NULL, answer text) WITH (fillfactor = 10);

CREATE SEQUENCE node_number AS int;
CREATE TABLE node (
  id int PRIMARY KEY, name text NOT NULL, version text NOT NULL, started timestamptz NOT NULL DEFAULT clock_timestamp(),
  heartbeat timestamptz NOT NULL DEFAULT clock_timestamp(), expires timestamptz NOT NULL, leaving boolean NOT NULL, figures text NOT NULL
) WITH (fillfactor = 20);
CREATE TABLE lease (partition int PRIMARY KEY, node int, epoch bigint NOT NULL, orphaned_before bigint NOT NULL) WITH (fillfactor = 20);
-- Shares of the permits of flows with a limit.
CREATE SEQUENCE permit_served;
CREATE TABLE permit (
  flow text COLLATE "C", node int, held int NOT NULL, wanted int NOT NULL, served bigint NOT NULL, PRIMARY KEY (flow, node)
) WITH (fillfactor = 20);
CREATE TABLE journal (format int NOT NULL, partitions int NOT NULL);
`
