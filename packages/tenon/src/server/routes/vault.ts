import { z } from 'zod'
import { messageOf, TenonError } from '../../base/errors.ts'
import { defineRoute, type Routes } from '../route.ts'

const path = '/api/v1/vault'

const status = z
  .object({
    state: z.enum(['empty', 'open', 'locked']),
    cause: z.string().nullable().describe('Why it is locked, and what to do.'),
    source: z.string().describe('Where the master key comes from.'),
    masterKey: z.string().nullable().describe('Id of the master key that wraps now.'),
    dataKeys: z
      .array(z.object({ masterKey: z.string(), count: z.number() }))
      .describe('How many data keys each master key wraps; one that is not named is not used.'),
    rotation: z.object({ done: z.number(), total: z.number(), problem: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'VaultStatus', description: 'Whether secrets can be opened, and by which master key.' })

/** The keys that secrets are sealed by: never a key itself. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path,
    right: 'status:read',
    summary: 'Whether secrets can be opened, and by which master key.',
    answers: { 200: status },
    handle: (_asked, { vault }) => vault.status(),
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/rotations`,
    right: 'vault:write',
    summary: 'Makes a new master key and wraps all data keys by it, or finishes what an earlier rotation left.',
    answers: { 202: status },
    async handle({ caller: { by }, from }, { vault, log }) {
      const { finished } = await vault.rotate({ by, from })
      finished.catch((error: unknown) => log.error('vault.rotation-failed', { reason: messageOf(error) }))
      return vault.status()
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/tenants/:tenant/erase`,
    right: 'vault:write',
    summary: "Destroys a tenant's data key and documents: its secrets can never be opened again.",
    params: z.strictObject({ tenant: z.string() }),
    body: z
      .strictObject({ confirm: z.string().describe('The name of the tenant once more.') })
      .meta({ examples: [{ confirm: 'acme' }] }),
    answers: { 200: z.object({ tenant: z.string() }) },
    async handle({ params: { tenant }, body: { confirm }, caller: { by, kind, tenant: own }, from }, { vault }) {
      if (kind !== 'token' && tenant !== own)
        throw new TenonError('NOT_FOUND', `a person who signed in finds their own tenant only; ask with the token`)
      if (confirm !== tenant) throw new TenonError('INPUT_INVALID', 'confirm does not name the tenant to be erased')
      await vault.eraseTenant(tenant, { by, from })
      return { tenant }
    },
  }),
]
