import type { CommandDefinition, CommandInput } from '../command.ts'
import { withTenant } from '../tenant.ts'

export const whichArguments: NonNullable<CommandDefinition['arguments']> = [
  ['<connector>', 'such as stripe'],
  ['[name]', 'of the connection (default: main)'],
]

/** Below `/api/v1`, with the tenant that was named. */
export function connectionPath(input: CommandInput, order = ''): string {
  const [connector = '', name = 'main'] = input.arguments
  return withTenant(input, `/connections/${encodeURIComponent(connector)}/${encodeURIComponent(name)}${order}`)
}
