import type { VaultStatus } from '../../../connection/vault.ts'
import { connectToServer } from '../../../server/management-client.ts'
import { exitCodes, type CommandDefinition } from '../../command.ts'
import { count } from '../../words.ts'

export const command: CommandDefinition = {
  summary: 'Say whether secrets can be opened, and by which master key.',
  examples: [
    ['tenon vault status', 'the exit code is 1 when the vault is locked'],
    ['tenon vault status --json', 'for a program'],
  ],
  async run(input) {
    const { terminal, json } = input
    const status = (await connectToServer(input).get('/vault')) as unknown as VaultStatus
    terminal.out(json ? JSON.stringify(status) : vaultWords(status))
    return status.state === 'locked' ? exitCodes.failed : exitCodes.good
  },
}

function vaultWords({ state, cause, source, masterKey, dataKeys, rotation }: VaultStatus): string {
  const lines = [`The master key comes from ${source}.`]
  if (state === 'empty') return [...lines, 'Nothing is sealed yet.'].join('\n')
  if (state === 'locked') lines.push(`The vault is locked: ${cause}`)
  for (const { masterKey: id, count: keys } of dataKeys)
    lines.push(`Master key ${id}${id === masterKey ? ', the present one,' : ''} wraps ${count(keys, 'data key')}.`)
  if (rotation !== null)
    lines.push(
      rotation.problem === null
        ? `A rotation is at work: ${rotation.done} of ${rotation.total}.`
        : `The last rotation stopped at ${rotation.done} of ${rotation.total}: ${rotation.problem}. Go on with: npx tenon vault rotate`,
    )
  return lines.join('\n')
}
