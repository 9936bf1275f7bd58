import { z } from 'zod'
import { TenonError } from '../../base/errors.ts'
import { requireId } from '../../base/ids.ts'
import { moveView, tenantList, tenantView } from '../answers/tenant.ts'
import type { ServerContext } from '../context.ts'
import { defineRoute, type Routes } from '../route.ts'
import type { Tenants } from '../tenants/tenants.ts'

const path = '/api/v1/tenants'
const params = z.strictObject({ tenant: z.string() })
const body = z
  .strictObject({ database: z.string().describe('As the list of tenants names it.') })
  .meta({ examples: [{ database: 'south.db.example:5432/tenon' }] })

function severalOf({ tenants }: Pick<ServerContext, 'tenants'>): Tenants {
  if (tenants !== null) return tenants
  throw new TenonError(
    'INPUT_INVALID',
    'Everything is in one place here. Tenants are placed and moved where there are several databases.',
  )
}

/** Where tenants live, when there are several databases. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path,
    right: 'tenants:read',
    summary: 'The databases, and which tenant lives on which; both lists are empty where there are not several.',
    answers: { 200: tenantList },
    handle: (_asked, { tenants }) => tenants?.list() ?? { databases: [], tenants: [] },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:tenant/place`,
    right: 'tenants:write',
    audits: { action: 'tenant.placed', subject: ['tenant'], tells: ['database'] },
    summary: 'Names the database that a tenant shall live on, before anything is stored for it.',
    params,
    body,
    answers: { 200: tenantView },
    handle: ({ params: { tenant }, body: { database } }, context) =>
      severalOf(context).place(requireId(tenant, 'tenant'), database),
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:tenant/move`,
    right: 'tenants:read',
    summary: 'How far the latest move of a tenant is.',
    params,
    answers: { 200: moveView },
    async handle({ params: { tenant } }, context) {
      const [move] = await severalOf(context).moves(tenant)
      if (move === undefined) throw new TenonError('NOT_FOUND', `${tenant} was never moved`)
      return move
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:tenant/move-obstacle`,
    right: 'tenants:read',
    summary: 'Whether a tenant could be moved to a database; changes nothing.',
    params,
    query: z.strictObject({ database: z.string() }),
    answers: { 200: z.object({ obstacle: z.string().nullable() }) },
    handle: async ({ params: { tenant }, query: { database } }, context) => ({
      obstacle: await severalOf(context).obstacle(tenant, database),
    }),
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:tenant/move`,
    right: 'tenants:write',
    audits: { action: 'tenant.move-begun', subject: ['tenant'], tells: ['database'] },
    summary: 'Begins to move a tenant to another database; it works on meanwhile, but for the last part.',
    params,
    body,
    answers: { 202: moveView },
    handle: ({ params: { tenant }, body: { database }, caller }, context) =>
      severalOf(context).move(tenant, database, caller.by),
  }),
  defineRoute({
    method: 'DELETE',
    path: `${path}/:tenant/move`,
    right: 'tenants:write',
    audits: { action: 'tenant.move-cancelled', subject: ['tenant'] },
    summary: 'Takes a move back, as long as the tenant does not live at the target yet.',
    params,
    answers: { 202: moveView },
    handle: ({ params: { tenant } }, context) => severalOf(context).cancel(tenant),
  }),
]
