import { act, jsonOption, lookAt } from '../../act.ts'
import { textOption, type CommandDefinition } from '../../command.ts'
import { tenantOption, withTenant } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'Start a run of a flow that is started by hand.',
  arguments: [['<flow>', 'its name']],
  options: [
    ['--input <json>', 'its input'],
    ['--id <id>', 'id of the new run: the same again starts nothing'],
    tenantOption('whose run it is'),
  ],
  examples: [
    ['tenon runs start close-month --input \'{"month": "2026-05"}\'', 'with an input'],
    ['tenon runs start close-month --id may-2026', 'once, however often it is repeated'],
  ],
  run: (input) =>
    act(
      input,
      withTenant(input, '/runs'),
      {
        flow: input.arguments[0],
        input: jsonOption(textOption(input, 'input'), '--input'),
        id: textOption(input, 'id'),
      },
      (answer) =>
        `${answer['duplicate'] === true ? 'That run is there already' : 'Started'}. Look at it: ${lookAt(answer, input)}`,
    ),
}
