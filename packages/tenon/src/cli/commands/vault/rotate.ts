import { sleep, systemClock } from '../../../base/clock.ts'
import { TenonError } from '../../../base/errors.ts'
import type { VaultStatus } from '../../../connection/vault.ts'
import { connectToServer } from '../../../server/management-client.ts'
import type { CommandDefinition } from '../../command.ts'
import { count } from '../../words.ts'

const lookEveryMs = 300

export const command: CommandDefinition = {
  summary: 'Make a new master key and wrap every data key by it, while everything goes on.',
  examples: [
    ['tenon vault rotate', 'also finishes a rotation that was cut off'],
    ['tenon vault rotate --json', 'for a program'],
  ],
  async run(input) {
    const { terminal, json } = input
    const server = connectToServer(input)
    const before = (await server.get('/vault')) as unknown as VaultStatus
    let status = (await server.send('POST', '/vault/rotations', {})) as unknown as VaultStatus
    let shown = -1
    while (status.rotation !== null && status.rotation.problem === null) {
      const { done, total } = status.rotation
      if (!json && done !== shown) terminal.err(`${done} of ${count(total, 'data key')}`)
      shown = done
      await sleep(systemClock, lookEveryMs)
      status = (await server.get('/vault')) as unknown as VaultStatus
    }
    if (status.rotation !== null)
      throw new TenonError(
        'VAULT_LOCKED',
        `The rotation stopped: ${status.rotation.problem}. Go on with: npx tenon vault rotate`,
      )
    terminal.out(json ? JSON.stringify(status) : doneWords(before, status))
  },
}

function doneWords(before: VaultStatus, { masterKey, dataKeys }: VaultStatus): string {
  const unused = before.dataKeys
    .map(({ masterKey: id }) => id)
    .filter((id) => dataKeys.every((key) => key.masterKey !== id))
  return [
    `Every data key is wrapped by master key ${masterKey}.`,
    ...unused.map(
      (id) =>
        `Master key ${id} is no longer used. Keep it for as long as you keep backups from before, then destroy it.`,
    ),
  ].join('\n')
}
