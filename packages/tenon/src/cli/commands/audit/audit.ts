import type { CommandDefinition } from '../../command.ts'

export const summary = 'Who did what, and whether the log of it is whole.'

export const examples: CommandDefinition['examples'] = [
  ['tenon audit list', 'the latest entries'],
  ['tenon audit verify', 'whether any was changed or taken out'],
]
