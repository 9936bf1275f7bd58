import type { CommandDefinition } from '../../command.ts'

export const summary = 'See and say on which of several databases each tenant lives.'

export const examples: CommandDefinition['examples'] = [
  ['tenon tenants list', 'the databases, and who lives where'],
  ['tenon tenants place acme --on south.db.example:5432/tenon', 'a new tenant'],
  ['tenon tenants move acme --to south.db.example:5432/tenon', 'one that is at work'],
]
