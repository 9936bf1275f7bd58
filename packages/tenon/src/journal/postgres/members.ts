import type { Database } from '../../postgres/postgres.ts'

/** What people see of one node. Times are the database's, in milliseconds. */
export interface ClusterNode {
  readonly name: string
  readonly version: string
  /** Since when it is a member without a break. */
  readonly startedAt: number
  /** Of the latest sign of life, and until when that counts. */
  readonly heartbeatAt: number
  readonly expiresAt: number
  readonly partitions: number
  /** Since it was opened, as it said with the latest sign of life. */
  readonly figures: NodeFigures
}

export interface NodeFigures {
  readonly batches: number
  readonly writes: number
  /** Of all batches together, from asking to the answer. */
  readonly commitMs: number
}

/** All nodes that share the journal, in the order in which they joined. */
export async function readMembers(database: Database): Promise<readonly ClusterNode[]> {
  return database.query(membersStatement)
}

const membersStatement = {
  name: 'journal_members',
  text: `SELECT name, version, ms_1(started) AS "startedAt", ms_1(heartbeat) AS "heartbeatAt", ms_1(expires) AS "expiresAt", figures::jsonb AS figures,
      (SELECT count(*) FROM lease WHERE lease.node = node.id) AS partitions
    FROM node ORDER BY started, id`,
}
