import { connectToServer } from '../../../server/management-client.ts'
import type { AuditVerdict } from '../../../server/audit.ts'
import { exitCodes, type CommandDefinition } from '../../command.ts'
import { tenantOption, withTenant } from '../../tenant.ts'
import { count } from '../../words.ts'

export const command: CommandDefinition = {
  summary: 'Look whether every entry of the audit log is there, and as it was written.',
  options: [tenantOption('whose log')],
  examples: [
    ['tenon audit verify', 'the exit code is 1 when an entry was changed or is missing'],
    ['tenon audit verify --json', 'with the hash of the latest entry, to be kept elsewhere'],
  ],
  async run(input) {
    const { terminal, json } = input
    const answer = await connectToServer(input).get(withTenant(input, '/audit/verification'))
    const verdict = answer as unknown as AuditVerdict
    if (json) terminal.out(JSON.stringify(verdict))
    else if (verdict.brokenAt === null) terminal.out(wholeWords(verdict))
    else
      terminal.err(
        `The audit log is not as it was written: entry ${verdict.brokenAt} was changed or is missing. Keep a copy of the data folder, and compare it with your backups.`,
      )
    return verdict.brokenAt === null ? exitCodes.good : exitCodes.failed
  },
}

function wholeWords({ head, signedTo }: AuditVerdict): string {
  if (head === null) return 'The audit log is empty.'
  const signed = signedTo === null ? 'It is not signed.' : `The vault vouches for it up to entry ${signedTo}.`
  return `The audit log is whole: ${count(head.number, 'entry', 'entries')}, the latest ${head.hash}.\n${signed}`
}
