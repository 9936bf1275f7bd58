import { systemClock } from '../../../base/clock.ts'
import { connectToServer } from '../../../server/management-client.ts'
import type { AuditEntry } from '../../../store/store.ts'
import { textOption, type CommandDefinition, type CommandInput } from '../../command.ts'
import { tableLines } from '../../table.ts'
import { tenantOption, tenantWords } from '../../tenant.ts'
import { shorten, wrap } from '../../terminal.ts'
import { clockTime } from '../../words.ts'

export const command: CommandDefinition = {
  summary: 'List what was done, latest first.',
  options: [
    tenantOption('whose log'),
    ['--limit <number>', 'at most so many (default 20)'],
    ['--before <number>', 'go on where an earlier page ended'],
  ],
  examples: [
    ['tenon audit list', 'the latest twenty'],
    ['tenon audit list --limit 200 --json', 'for a program'],
  ],
  async run(input) {
    const query = new URLSearchParams({ limit: '20' })
    for (const name of ['tenant', 'limit', 'before']) {
      const value = textOption(input, name)
      if (value !== undefined) query.set(name, value)
    }
    const page = await connectToServer(input).get(`/audit?${query.toString()}`)
    if (input.json) input.terminal.out(JSON.stringify(page))
    else print(page as unknown as Page, input)
  },
}

interface Page {
  readonly entries: readonly AuditEntry[]
  readonly next: number | null
}

function print({ entries, next }: Page, input: CommandInput): void {
  const { out, colours, columns } = input.terminal
  const now = systemClock.now()
  if (entries.length === 0) return out(colours.dim('Nothing was done yet.'))
  const rows = entries.map(({ number, at, by, action, subject, outcome, from }) => [
    String(number),
    clockTime(at, now),
    shorten(by, 20),
    action,
    shorten(subject, 32),
    outcome === 'done' ? outcome : colours.yellow(outcome),
    from ?? '',
  ])
  const [head, ...lines] = tableLines(['', 'when', 'who', 'what', 'to', 'outcome', 'from'], rows, colours, columns)
  out(head)
  const indent = ' '.repeat(Math.max(...rows.map(([number = '']) => number.length)) + 2)
  for (const [index, { details = {} }] of entries.entries()) {
    out(lines[index] ?? '')
    for (const line of wrap(detailWords(details), columns, indent)) out(colours.dim(line))
  }
  const more = `npx tenon audit list --before ${next}${tenantWords(textOption(input, 'tenant'))}`
  if (next !== null) out(colours.dim(`More: ${more}`))
}

/** `step print · decision did-not-happen`: what has a value. */
function detailWords(details: NonNullable<AuditEntry['details']>): string {
  const told = Object.entries(details).filter(([, value]) => value !== null)
  return told.map(([name, value]) => `${name} ${String(value)}`).join(' · ')
}
