import { systemClock } from '../../../base/clock.ts'
import type { ConnectionView } from '../../../connection/managed.ts'
import { connectToServer } from '../../../server/management-client.ts'
import type { CommandDefinition, CommandInput } from '../../command.ts'
import { connectionPath, whichArguments } from '../../connect/connection-path.ts'
import { accountWords, connectLine, stateWords, untriedWords } from '../../connect/connection-words.ts'
import { wrap } from '../../terminal.ts'
import { clockTime } from '../../words.ts'
import { tenantOption } from '../../tenant.ts'

export const command: CommandDefinition = {
  summary: 'Show one account: whose it is, how it is, and what can be done. Never a secret.',
  arguments: whichArguments,
  options: [tenantOption('whose account')],
  examples: [
    ['tenon connections show stripe', 'the one named main'],
    ['tenon connections show stripe eu --json', 'for a program'],
  ],
  async run(input) {
    const answer = await connectToServer(input).get(connectionPath(input))
    if (input.json) input.terminal.out(JSON.stringify(answer))
    else print(answer as unknown as ConnectionView, input)
  },
}

function print(connection: ConnectionView, { terminal }: CommandInput): void {
  const { colours, columns } = terminal
  const now = systemClock.now()
  const time = (at: number | null): string => (at === null ? '' : clockTime(at, now))
  const facts: readonly (readonly [string, string])[] = [
    ['account', accountWords(connection)],
    ['address', connection.baseUrl],
    ['by', connection.scheme],
    ...Object.entries(connection.fields),
    ['secrets', connection.secrets.join(', ')],
    ['granted', connection.scopes.join(' ')],
    ['expires', time(connection.expiresAt)],
    ['last used', time(connection.lastUsedAt)],
    ['connected', [time(connection.createdAt), connection.createdBy ?? ''].filter(Boolean).join(' by ')],
  ]
  const told = facts.filter(([, value]) => value !== '')
  const widest = Math.max(...told.map(([name]) => name.length))
  terminal.out(
    `${colours.bold(`${connection.connector}/${connection.name}`)}  ${stateWords(connection.state, colours)}`,
  )
  for (const [name, value] of told) terminal.out(`  ${colours.dim(name.padEnd(widest))}  ${value}`)
  const untried = untriedWords(connection, now)
  if (untried !== null) for (const line of wrap(untried, columns, '  ')) terminal.out(colours.yellow(line))
  if (connection.cause === null) return
  terminal.out('')
  for (const line of wrap(connection.cause, columns, '  ')) terminal.out(colours.yellow(line))
  if (connection.origin === 'stored') terminal.out(`    ${colours.bold(connectLine(connection))}`)
}
