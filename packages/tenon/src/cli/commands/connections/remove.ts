import { TenonError } from '../../../base/errors.ts'
import { connectToServer } from '../../../server/management-client.ts'
import { exitCodes, type CommandDefinition } from '../../command.ts'
import { connectionPath, whichArguments } from '../../connect/connection-path.ts'
import { tenantOption } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'Take the authorisation back where the provider can, and forget the account.',
  arguments: whichArguments,
  options: [tenantOption('whose account'), ['--yes', 'ask nothing']],
  examples: [
    ['tenon connections remove stripe eu', 'asks first, at a terminal'],
    ['tenon connections remove stripe eu --yes', 'asks nothing'],
  ],
  async run(input) {
    const [connector = '', name = 'main'] = input.arguments
    if (input.options['yes'] !== true && !(await isMeant(`${connector}/${name}`, input.json))) return exitCodes.failed
    const answer = await connectToServer(input).send('DELETE', connectionPath(input))
    input.terminal.out(input.json ? JSON.stringify(answer) : `Removed: ${connector}/${name}`)
    return exitCodes.good
  },
}

async function isMeant(what: string, json: boolean): Promise<boolean> {
  if (!process.stdin.isTTY || json)
    throw new TenonError('INPUT_INVALID', `Flows that use ${what} will fail without it. If that is meant, add --yes.`)
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: `Remove ${what}? Flows that use it will fail.`, initialValue: false })
  return !isCancel(answer) && answer
}
