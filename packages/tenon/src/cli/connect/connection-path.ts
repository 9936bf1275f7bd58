import { textOption, type CommandDefinition, type CommandInput } from '../command.ts'

export const tenantOption: NonNullable<CommandDefinition['options']>[number] = [
  '--tenant <tenant>',
  'whose account (default: default)',
]

export const whichArguments: NonNullable<CommandDefinition['arguments']> = [
  ['<connector>', 'such as stripe'],
  ['[name]', 'of the connection (default: main)'],
]

/** Below `/api/v1`, with the tenant that was named. */
export function connectionPath(input: CommandInput, order = ''): string {
  const [connector = '', name = 'main'] = input.arguments
  return withTenant(input, `/connections/${encodeURIComponent(connector)}/${encodeURIComponent(name)}${order}`)
}

export function withTenant(input: CommandInput, path: string): string {
  const tenant = textOption(input, 'tenant')
  return tenant === undefined ? path : `${path}?${new URLSearchParams({ tenant }).toString()}`
}
