import { act, jsonOption, lookAt, runPath } from '../../act.ts'
import { textOption, type CommandDefinition } from '../../command.ts'
import { tenantOption } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'Send a signal to a run that waits for it, or will.',
  arguments: [
    ['<run>', 'its id, or a beginning or end of it'],
    ['<name>', 'name of the signal, as under waits in the flow'],
  ],
  options: [
    ['--data <json>', 'what it carries'],
    ['--id <id>', 'id of the signal: the same again changes nothing'],
    tenantOption('whose run'),
  ],
  examples: [
    ['tenon runs signal a7x2k9fq approved --data \'{"by": "mia"}\'', 'with data'],
    ['tenon runs signal a7x2k9fq approved', 'without'],
  ],
  run: (input) =>
    act(
      input,
      runPath(input, 'signals'),
      { name: input.arguments[1], data: jsonOption(textOption(input, 'data'), '--data'), id: textOption(input, 'id') },
      (answer) => `Delivered. Look at the run: ${lookAt(answer, input)}`,
    ),
}
