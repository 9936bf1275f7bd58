import type { CommandDefinition } from '../../command.ts'

export const summary = 'Look at the accounts that are connected, try and remove them.'

export const examples: CommandDefinition['examples'] = [
  ['tenon connections list', 'all of them, and how they are'],
  ['tenon connections test stripe', 'does it work, and whose is it?'],
  ['tenon connect stripe', 'connect one, or connect it again'],
]
