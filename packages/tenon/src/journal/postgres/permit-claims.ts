import type { Database } from '../../postgres/postgres.ts'
import { decideShare, type PermitClaim, type PermitShare, type PermitWish } from '../permits.ts'
import { format } from './format.ts'

/** One claim at a time in the whole cluster: each is decided by what all others hold. */
export function claimPermits(
  database: Database,
  node: number,
  wishes: readonly PermitWish[],
): Promise<readonly PermitShare[]> {
  return database.transaction(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock(1952804464, 2)')
    const [member] = await session.query<{ isMember: boolean }>(memberStatement, [node])
    if (member?.isMember !== true) return wishes.map(() => ({ held: 0, fair: 0 }))
    const rows = await session.query<Row>(claimsStatement, [wishes.map(({ flow }) => flow)])
    const decided = wishes.map((wish) => {
      const claims = rows.filter(({ flow }) => flow === wish.flow).map(claimOf)
      return { ...wish, ...decideShare(wish, String(node), claims) }
    })
    const kept = decided.filter(({ isOver }) => !isOver)
    if (kept.length > 0)
      await session.query(keepStatement, [
        node,
        kept.map(({ flow }) => flow),
        kept.map(({ share }) => share.held),
        kept.map(({ wanted }) => wanted),
        kept.map(({ isServed }) => isServed),
      ])
    const over = decided.filter(({ isOver }) => isOver)
    if (over.length > 0) await session.query(endStatement, [node, over.map(({ flow }) => flow)])
    return decided.map(({ share }) => share)
  })
}

interface Row {
  readonly flow: string
  readonly node: number
  readonly held: number
  readonly wanted: number
  readonly served: number
}

function claimOf({ node, held, wanted, served }: Row): PermitClaim {
  return { member: String(node), held, wanted, servedAt: served }
}

const memberStatement = { name: 'journal_member', text: `SELECT is_member_${format}($1) AS "isMember"` }

const claimsStatement = {
  name: 'journal_claims',
  text: 'SELECT flow, node, held, wanted, served FROM permit WHERE flow = ANY ($1::text[])',
}

const keepStatement = {
  name: 'journal_claim',
  text: `INSERT INTO permit SELECT c.flow, $1, c.held, c.wanted, CASE WHEN c.is_more THEN nextval('permit_served') ELSE 0 END
    FROM unnest($2::text[], $3::int[], $4::int[], $5::boolean[]) AS c (flow, held, wanted, is_more)
    ON CONFLICT (flow, node) DO UPDATE SET held = excluded.held, wanted = excluded.wanted, served = CASE WHEN excluded.served > 0 THEN excluded.served ELSE permit.served END`,
}

const endStatement = { name: 'journal_unclaim', text: 'DELETE FROM permit WHERE node = $1 AND flow = ANY ($2::text[])' }
