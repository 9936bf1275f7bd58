import { systemClock } from '../../../base/clock.ts'
import type { RunView } from '../../../engine/view.ts'
import { connectToServer } from '../../../server/management-client.ts'
import { textOption, type CommandDefinition } from '../../command.ts'
import { tenantOption, withTenant } from '../../tenant.ts'
import { drawRun } from '../../waterfall.ts'

export const command: CommandDefinition = {
  summary: 'Show one run: its steps and tries over time, and what can be done about it.',
  arguments: [['<run>', 'its id, or a beginning or end of it that no other run has']],
  examples: [
    ['tenon runs show a7x2k9fq', 'by the end of its id, as lists show it'],
    ['tenon runs show a7x2k9fq --json', 'with all inputs and results'],
  ],
  options: [tenantOption('whose run')],
  async run(input) {
    const {
      arguments: [run = ''],
      json,
      terminal,
    } = input
    const view = await connectToServer(input).get(withTenant(input, `/runs/${encodeURIComponent(run)}`))
    if (json) terminal.out(JSON.stringify(view))
    else
      terminal.out(
        drawRun(view as unknown as RunView, {
          columns: terminal.columns,
          colours: terminal.colours,
          now: systemClock.now(),
          tenant: textOption(input, 'tenant'),
        }),
      )
  },
}
