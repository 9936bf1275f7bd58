import { systemClock } from '../../../base/clock.ts'
import { connectToServer } from '../../../server/management-client.ts'
import type { AuditEntry } from '../../../store/store.ts'
import { textOption, type CommandDefinition, type CommandInput } from '../../command.ts'
import { table } from '../../table.ts'
import { shorten } from '../../terminal.ts'
import { clockTime } from '../../words.ts'

export const command: CommandDefinition = {
  summary: 'List what was done, latest first.',
  options: [
    ['--tenant <name>', 'of this tenant (default: the own one)'],
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

function print({ entries, next }: Page, { terminal }: CommandInput): void {
  const { colours } = terminal
  const now = systemClock.now()
  if (entries.length === 0) return terminal.out(colours.dim('Nothing was done yet.'))
  const rows = entries.map(({ number, at, by, action, subject, outcome, from, details }) => [
    String(number),
    clockTime(at, now),
    shorten(by, 20),
    action,
    shorten(subject, 32),
    outcome === 'done' ? outcome : colours.yellow(outcome),
    from ?? '',
    details === undefined ? '' : shorten(JSON.stringify(details), 60),
  ])
  table(['', 'when', 'who', 'what', 'to', 'outcome', 'from', ''], rows, terminal)
  if (next !== null) terminal.out(colours.dim(`More: npx tenon audit list --before ${next}`))
}
