import { connectToServer } from '../../../server/management-client.ts'
import type { TenantList } from '../../../server/tenants/tenants.ts'
import type { CommandDefinition } from '../../command.ts'
import { table } from '../../table.ts'
import { count } from '../../words.ts'

export const command: CommandDefinition = {
  summary: 'List the databases, and which tenant lives on which: how many runs, and about how large.',
  examples: [
    ['tenon tenants list', 'the databases first'],
    ['tenon tenants list --json', 'for a program'],
  ],
  async run(input) {
    const { terminal } = input
    const found = (await connectToServer(input).get('/tenants')) as unknown as TenantList
    if (input.json) return terminal.out(JSON.stringify(found))
    if (found.databases.length === 0)
      return terminal.out('Everything is in one place here: there are not several databases.')
    for (const { name, isReached, tenants, bytes } of found.databases)
      terminal.out(
        isReached
          ? `${name}: ${count(tenants, 'tenant')}, ${size(bytes)}`
          : `${name}: ${count(tenants, 'tenant')}; ${terminal.colours.red('it does not answer')}`,
      )
    terminal.out('')
    table(
      ['tenant', 'database', 'runs', 'about'],
      found.tenants.map(({ tenant, database, runs, bytes }) => [tenant, database, String(runs ?? '?'), size(bytes)]),
      terminal,
    )
  },
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function size(bytes: number | null): string {
  if (bytes === null) return '?'
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`
}
