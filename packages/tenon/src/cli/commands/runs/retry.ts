import { act, lookAt, runPath } from '../../act.ts'
import type { CommandDefinition } from '../../command.ts'

export const command: CommandDefinition = {
  summary: 'Let a failed run go on from its failed step, or a parked one try again, on the code as it is now.',
  arguments: [['<run>', 'its id, or a beginning or end of it']],
  options: [['--anew', 'start a new run with the same event instead']],
  examples: [
    ['tenon runs retry a7x2k9fq', 'goes on where it failed'],
    ['tenon runs retry a7x2k9fq --anew', 'from the beginning, as a new run'],
  ],
  run: (input) =>
    input.options['anew'] === true
      ? act(input, runPath(input.arguments[0], 'anew'), {}, (answer) => `Started anew. Look at it: ${lookAt(answer)}`)
      : act(input, runPath(input.arguments[0], 'retry'), {}, (answer) => `It goes on. Look at it: ${lookAt(answer)}`),
}
