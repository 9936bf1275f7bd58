import { textOption, type CommandDefinition, type CommandInput } from './command.ts'
import { shortId } from './words.ts'

type Option = NonNullable<CommandDefinition['options']>[number]

/** The option by which a command is about another tenant's. */
export function tenantOption(whose: string): Option {
  return ['--tenant <tenant>', `${whose} (default: default)`]
}

/** Below `/api/v1`, with the tenant that was named. */
export function withTenant(input: CommandInput, path: string): string {
  const tenant = textOption(input, 'tenant')
  return tenant === undefined ? path : `${path}?${new URLSearchParams({ tenant }).toString()}`
}

/** How a command line names a run: whoever copies it means the same one. */
export function runWords(run: string, tenant: string | undefined): string {
  return `${shortId(run)}${tenantWords(tenant)}`
}

/** What a command line needs to be about that tenant. */
export function tenantWords(tenant: string | undefined): string {
  return tenant === undefined || tenant === 'default' ? '' : ` --tenant ${tenant}`
}
