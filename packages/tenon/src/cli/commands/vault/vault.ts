import type { CommandDefinition } from '../../command.ts'

export const summary = 'Look after the keys that secrets are sealed by.'

export const examples: CommandDefinition['examples'] = [
  ['tenon vault status', 'whether secrets can be opened, and by which key'],
  ['tenon vault rotate', 'a new master key'],
]
