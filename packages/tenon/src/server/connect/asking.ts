import { z } from 'zod'
import { TenonError } from '../../base/errors.ts'
import type { ConnectionName } from '../../connection/managed.ts'
import type { ServerContext } from '../context.ts'
import type { Caller } from '../rights.ts'
import type { Connecting } from './connecting.ts'
import type { Starter } from './consent-record.ts'
import { digestOf } from './ticket.ts'

const tenantForm = /^[\w.:@~+=-]{1,100}$/

/** Of every route about what belongs to a tenant. */
export const tenantQuery: z.ZodObject<{ tenant: z.ZodOptional<z.ZodString> }> = z.strictObject({
  tenant: z
    .string()
    .regex(tenantForm, { error: '1 to 100 letters, digits or . : @ ~ + = - _' })
    .optional()
    .describe('Whose; only for programs that ask with the token. A session belongs to one tenant.'),
})

export const connectionParams: z.ZodObject<{ connector: z.ZodString; name: z.ZodString }> = z.strictObject({
  connector: z.string(),
  name: z.string(),
})

/** Throws `FORBIDDEN` for another tenant than the caller's, unless the token asks. */
export function tenantOf(caller: Caller, { tenant }: { readonly tenant?: string | undefined }): string {
  if (tenant === undefined || tenant === caller.tenant) return caller.tenant
  if (caller.kind === 'token') return tenant
  throw new TenonError('FORBIDDEN', 'a session belongs to one tenant; another one is named')
}

export function whichOf({
  params,
  query,
  caller,
}: {
  readonly params: Omit<ConnectionName, 'tenant'>
  readonly query: { readonly tenant?: string | undefined }
  readonly caller: Caller
}): ConnectionName {
  return { tenant: tenantOf(caller, query), connector: params.connector, name: params.name }
}

/** Who begins a consent, such that only they can end it. */
export function starterOf({ kind, by, session }: Caller): Starter {
  return { kind, by, id: session === null ? '' : digestOf(session) }
}

/** Throws `NOT_FOUND` where this server connects no accounts. */
export function connectingOf({ connecting }: ServerContext): Connecting {
  if (connecting !== null) return connecting
  throw new TenonError('NOT_FOUND', 'this server connects no accounts')
}

/** Exactly this address is registered with the providers. */
export function redirectUriOf({ publicUrl }: ServerContext): string {
  return `${publicUrl()}/connect/callback`
}
