import type { CommandDefinition } from '../../command.ts'

export const summary = 'Look at runs and steer them.'

export const examples: CommandDefinition['examples'] = [
  ['tenon runs list --status parked', 'those that need a person'],
  ['tenon runs show a7x2k9fq', 'what happened, and what can be done'],
  ['tenon runs retry a7x2k9fq', 'let a failed one go on'],
]
