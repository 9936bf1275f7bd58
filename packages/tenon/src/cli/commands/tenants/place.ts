import { act } from '../../act.ts'
import { textOption, type CommandDefinition } from '../../command.ts'

export const command: CommandDefinition = {
  summary: 'Name the database that a new tenant shall live on, before anything is stored for it.',
  arguments: [['<tenant>', 'its name']],
  options: [['--on <database>', 'as `tenon tenants list` names it']],
  examples: [['tenon tenants place acme --on south.db.example:5432/tenon', 'else its name decides']],
  run: (input) => {
    const tenant = input.arguments[0] ?? ''
    const path = `/tenants/${encodeURIComponent(tenant)}/place`
    return act(
      input,
      path,
      { database: textOption(input, 'on') ?? '' },
      ({ database }) => `${tenant} lives on ${String(database)}.`,
    )
  },
}
