import { act, lookAt, runPath } from '../../act.ts'
import { textOption, type CommandDefinition } from '../../command.ts'
import { tenantOption } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'Cancel a run: what it has done is taken back where the flow says how.',
  arguments: [['<run>', 'its id, or a beginning or end of it']],
  options: [['--reason <text>', 'for the record'], tenantOption('whose run')],
  examples: [['tenon runs cancel a7x2k9fq --reason "ordered twice"', 'with a reason for the record']],
  run: (input) =>
    act(
      input,
      runPath(input, 'cancel'),
      { reason: textOption(input, 'reason') },
      (answer) => `Cancelling. Look at it: ${lookAt(answer, input)}`,
    ),
}
