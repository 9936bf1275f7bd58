import { connectToServer } from '../../../server/management-client.ts'
import { exitCodes, textOption, type CommandDefinition } from '../../command.ts'
import { connectionPath, whichArguments } from '../../connect/connection-path.ts'
import { connectLine } from '../../connect/connection-words.ts'
import { tenantOption } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'Try an account: does it work, and whose is it?',
  arguments: whichArguments,
  options: [tenantOption('whose account')],
  examples: [
    ['tenon connections test stripe', 'says it in one line; exit code 1 when it does not work'],
    ['tenon connections test stripe eu --json', 'for a program'],
  ],
  async run(input) {
    const answer = await connectToServer(input).send('POST', connectionPath(input, '/test'))
    const { outcome, message } = answer as { outcome?: string; message?: string }
    const { out, colours } = input.terminal
    const [connector = '', name = 'main'] = input.arguments
    if (input.json) out(JSON.stringify(answer))
    else out(outcome === 'works' ? colours.green(`✓ ${message}`) : colours.yellow(`! ${message}`))
    if (outcome === 'refused' && !input.json)
      out(`  Connect it again: ${connectLine({ connector, name, tenant: textOption(input, 'tenant') ?? 'default' })}`)
    return outcome === 'works' || outcome === 'untested' ? exitCodes.good : exitCodes.failed
  },
}
