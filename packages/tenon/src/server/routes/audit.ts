import { z } from 'zod'
import { TenonError } from '../../base/errors.ts'
import { requireId } from '../../base/ids.ts'
import type { Caller } from '../rights.ts'
import { defineRoute, type Routes } from '../route.ts'

const path = '/api/v1/audit'
const whose = z.string().optional().describe('The tenant; only for programs that ask with the token.')
const count = (most: number) => z.coerce.number().int().min(1).max(most)

const entry = z
  .object({
    number: z.number(),
    tenant: z.string(),
    at: z.number().describe('Milliseconds since the epoch.'),
    by: z.string(),
    action: z.string(),
    subject: z.string(),
    outcome: z.enum(['done', 'refused', 'failed']),
    from: z.string().optional(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  })
  .meta({ id: 'AuditEntry', description: 'Who did what, when, from where, with what outcome.' })

/** Who did what, and the proof that the log of it is whole. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path,
    right: 'audit:read',
    summary: 'Who did what, latest first.',
    query: z.strictObject({
      tenant: whose,
      limit: count(200).default(50),
      before: count(Number.MAX_SAFE_INTEGER).optional().describe('Entries before the one of this number.'),
    }),
    answers: { 200: z.object({ entries: z.array(entry), next: z.number().nullable() }) },
    async handle({ query: { tenant, limit, before }, caller }, { store }) {
      const page = { tenant: tenantOf(tenant, caller), limit, ...(before !== undefined && { before }) }
      const entries = await store.audit(page)
      const last = entries.at(-1)
      return { entries: [...entries], next: last === undefined || last.number === 1 ? null : last.number }
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/verification`,
    right: 'audit:read',
    summary: 'Whether every entry is there, and as it was written.',
    query: z.strictObject({ tenant: whose }),
    answers: {
      200: z.object({
        brokenAt: z.number().nullable().describe('The first entry that was changed or is missing; null for none.'),
        head: z.object({ number: z.number(), hash: z.string() }).nullable(),
        signedTo: z.number().nullable().describe('Up to which entry the signature of the vault vouches for it.'),
      }),
    },
    handle: ({ query: { tenant }, caller }, { audit }) => audit.verify(tenantOf(tenant, caller)),
  }),
]

function tenantOf(named: string | undefined, { kind, tenant }: Caller): string {
  if (named === undefined || named === tenant) return tenant
  if (kind !== 'token') throw new TenonError('FORBIDDEN', 'a person who signed in sees their own tenant only')
  return requireId(named, 'tenant')
}
