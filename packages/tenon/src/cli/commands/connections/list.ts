import { systemClock } from '../../../base/clock.ts'
import type { ConnectionView } from '../../../connection/managed.ts'
import { connectToServer } from '../../../server/management-client.ts'
import type { CommandDefinition, CommandInput } from '../../command.ts'
import { accountWords, stateWords } from '../../connect/connection-words.ts'
import { table } from '../../table.ts'
import { shorten } from '../../terminal.ts'
import { clockTime } from '../../words.ts'
import { tenantOption, withTenant } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'List the accounts that are connected, and how they are.',
  options: [tenantOption('whose account')],
  examples: [
    ['tenon connections list', 'all of them'],
    ['tenon connections list --tenant acme', "those of one of your product's customers"],
    ['tenon connections list --json', 'for a program'],
  ],
  async run(input) {
    const answer = await connectToServer(input).get(withTenant(input, '/connections'))
    if (input.json) input.terminal.out(JSON.stringify(answer))
    else print((answer as unknown as { connections: readonly ConnectionView[] }).connections, input)
  },
}

function print(connections: readonly ConnectionView[], { terminal }: CommandInput): void {
  const { colours } = terminal
  if (connections.length === 0) {
    terminal.out(colours.dim('No account is connected. Connect one: npx tenon connect <connector>'))
    return
  }
  const now = systemClock.now()
  const rows = connections.map((connection) => [
    connection.connector,
    connection.name,
    stateWords(connection.state, colours),
    shorten(accountWords(connection), 32),
    connection.lastUsedAt === null ? '' : clockTime(connection.lastUsedAt, now),
    connection.expiresAt === null ? '' : clockTime(connection.expiresAt, now),
  ])
  const head = ['connector', 'name', 'state', 'account', 'last used', 'expires']
  table(head, rows, terminal)
}
