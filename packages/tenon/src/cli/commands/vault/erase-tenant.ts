import { TenonError } from '../../../base/errors.ts'
import { act } from '../../act.ts'
import { exitCodes, type CommandDefinition } from '../../command.ts'

export const command: CommandDefinition = {
  summary: "Destroy a tenant's key and everything that is stored for it. This cannot be undone.",
  arguments: [['<tenant>', 'its name']],
  options: [['--yes', 'do not ask']],
  examples: [
    ['tenon vault erase-tenant acme', 'asks for the name once more'],
    ['tenon vault erase-tenant acme --yes', 'for a program'],
  ],
  async run(input) {
    const tenant = input.arguments[0] ?? ''
    const isSure = input.options['yes'] === true || (await isConfirmed(tenant))
    if (!isSure) {
      input.terminal.err('Nothing was erased.')
      return exitCodes.failed
    }
    await act(
      input,
      `/vault/tenants/${encodeURIComponent(tenant)}/erase`,
      { confirm: tenant },
      () => `Erased: the key of ${tenant} is destroyed, with all that was stored for it.`,
    )
    return exitCodes.good
  },
}

async function isConfirmed(tenant: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new TenonError('INPUT_INVALID', 'Nobody can be asked here whether to erase it. Say so with --yes.')
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({ message: `Everything of ${tenant} will be lost. Type its name to go on:` })
  return !isCancel(answer) && answer === tenant
}
