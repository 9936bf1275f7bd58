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

/** Runs of these partitions, not ended, that have something in their inbox. */
export function readMail(database: Database, partitions: readonly number[], limit: number): Promise<readonly RunKey[]> {
  return database.query(mailStatement, [partitions, limit])
}

const mailStatement = {
  name: 'journal_mail',
  text: `SELECT tenant.tenant, run.id AS run FROM (SELECT DISTINCT inbox.run FROM inbox) mail JOIN run ON run.number = mail.run JOIN tenant ON tenant.id = run.tenant
    WHERE run.partition = ANY ($1::int[]) AND run.status < 4 LIMIT $2`,
}
