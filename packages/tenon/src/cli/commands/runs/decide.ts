import { act, jsonOption, lookAt, personOf, runPath } from '../../act.ts'
import { textOption, type CommandDefinition } from '../../command.ts'
import { tenantOption } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'Say what became of a call whose outcome is unknown.',
  arguments: [
    ['<run>', 'its id, or a beginning or end of it'],
    ['<step>', 'the step, as the run shows it'],
    ['<decision>', 'happened, did-not-happen or retry', ['happened', 'did-not-happen', 'retry']],
  ],
  options: [
    ['--result <json>', 'with happened: what the call answered'],
    ['--by <name>', 'who decides, for the record'],
    tenantOption('whose run'),
  ],
  examples: [
    [
      'tenon runs decide a7x2k9fq shiprocket.createOrder#1 happened --result \'{"id": 88213}\'',
      'it took effect, with this answer',
    ],
    ['tenon runs decide a7x2k9fq shiprocket.createOrder#1 did-not-happen', 'the step fails'],
    ['tenon runs decide a7x2k9fq shiprocket.createOrder#1 retry', 'send it again, come what may'],
  ],
  run: (input) =>
    act(
      input,
      runPath(input, 'decisions'),
      {
        step: input.arguments[1],
        decision: input.arguments[2],
        result: jsonOption(textOption(input, 'result'), '--result'),
        by: textOption(input, 'by') ?? personOf(input.environment),
      },
      (answer) => `Decided. Look at the run: ${lookAt(answer, input)}`,
    ),
}
