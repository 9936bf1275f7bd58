import type { Database } from '../../postgres/postgres.ts'
import type { ClusterView } from '../cluster.ts'
import { mostCounted } from '../counts.ts'
import type { RunKey } from '../journal.ts'
import { format } from './format.ts'

/** All nodes that share the journal, as the database has them. */
export async function readMembers(database: Database, own: number): Promise<ClusterView> {
  const [view] = await database.query<ClusterView>(membersStatement, [own, mostCounted])
  if (view === undefined) throw new Error('the nodes were not told')
  return view
}

const membersStatement = {
  name: 'journal_members',
  text: `SELECT now_ms_${format}() AS at, (SELECT count(*) FROM lease) AS partitions, (SELECT count(*) FROM lease WHERE node IS NULL) AS unheld,
    coalesce((SELECT jsonb_agg(member.told ORDER BY member.started, member.id) FROM (
      SELECT node.started, node.id, jsonb_build_object('id', node.id::text, 'name', name, 'version', version, 'isThis', node.id = $1,
        'joinedAt', ms_${format}(started), 'seenAt', ms_${format}(heartbeat), 'heldUntil', ms_${format}(expires), 'isLeaving', leaving,
        'partitions', cardinality(held.partitions),
        'ready', (SELECT count(*) FROM (SELECT FROM ready WHERE ready.partition = ANY (held.partitions) LIMIT $2) AS counted),
        'waiting', (SELECT count(*) FROM (SELECT FROM held AS run WHERE run.partition = ANY (held.partitions) AND wake_at IS NOT NULL AND status = 2 LIMIT $2) AS counted),
        'figures', figures::jsonb) AS told
      FROM node, LATERAL (SELECT ARRAY(SELECT partition FROM lease WHERE lease.node = node.id) AS partitions) AS held
    ) AS member), '[]') AS nodes`,
}

/** Of these runs, those of these partitions, not ended, that have something in their inbox. */
export async function readMail(
  database: Database,
  partitions: readonly number[],
  among: readonly RunKey[],
): Promise<readonly RunKey[]> {
  if (among.length === 0) return []
  return database.query(mailStatement, [partitions, among.map(({ tenant }) => tenant), among.map(({ run }) => run)])
}

const mailStatement = {
  name: 'journal_mail',
  text: `SELECT asked.tenant, asked.run FROM unnest($2::text[], $3::text[]) AS asked (tenant, run) JOIN tenant USING (tenant) JOIN run ON run.tenant = tenant.id AND run.id = asked.run
    WHERE run.partition = ANY ($1::int[]) AND run.status < 4 AND EXISTS (SELECT FROM inbox WHERE inbox.run = run.number)`,
}
