import { systemClock } from '../../../base/clock.ts'
import type { RunRow } from '../../../journal/journal.ts'
import { connectToServer } from '../../../server/management-client.ts'
import { textOption, type CommandDefinition, type CommandInput } from '../../command.ts'
import { table } from '../../table.ts'
import { tenantOption, tenantWords } from '../../tenant.ts'
import { shorten } from '../../terminal.ts'
import { clockTime, length, runStatuses, shortId, statusMark, statusWord } from '../../words.ts'

type Row = Pick<RunRow, 'run' | 'flow' | 'status' | 'key' | 'createdAt' | 'updatedAt' | 'endedAt' | 'wakeAt' | 'code'>

export const command: CommandDefinition = {
  summary: 'List the latest runs.',
  options: [
    ['--flow <name>', 'only runs of this flow'],
    ['--status <status>', `${runStatuses.join(', ')}; several with commas`, runStatuses],
    ['--key <key>', 'only runs with this key'],
    ['--code <code>', 'only runs that stopped with this error code'],
    ['--event <id>', 'only runs that this event started or reached'],
    ['--id <part>', 'only runs whose id begins or ends so'],
    ['--since <time>', 'created then or later, such as 2026-05-01 or 2026-05-01T08:00:00Z'],
    ['--until <time>', 'created before then'],
    tenantOption('whose runs'),
    ['--limit <number>', 'at most so many (default 20)'],
    ['--before <next>', 'go on where an earlier page ended'],
  ],
  examples: [
    ['tenon runs list', 'the latest twenty'],
    ['tenon runs list --status parked', 'those that need a person'],
    ['tenon runs list --flow order-paid --json', 'for a program'],
  ],
  async run(input) {
    const query = new URLSearchParams({ limit: '20' })
    for (const name of [
      'flow',
      'status',
      'key',
      'code',
      'event',
      'id',
      'since',
      'until',
      'tenant',
      'limit',
      'before',
    ]) {
      const value = textOption(input, name)
      if (value !== undefined) query.set(name, value)
    }
    const page = await connectToServer(input).get(`/runs?${query.toString()}`)
    if (input.json) input.terminal.out(JSON.stringify(page))
    else print(page as unknown as { runs: readonly Row[]; next: string | null }, input)
  },
}

function print(
  { runs, next }: { readonly runs: readonly Row[]; readonly next: string | null },
  input: CommandInput,
): void {
  const { terminal } = input
  const { colours } = terminal
  const now = systemClock.now()
  if (runs.length === 0) {
    terminal.out(colours.dim('No runs. Make one: npx tenon simulate stripe payment_intent.succeeded'))
    return
  }
  const rows = runs.map((run) => [
    shortId(run.run),
    shorten(run.flow, 28),
    `${statusMark(run.status, colours)} ${statusWord(run.status, colours)}`,
    clockTime(run.createdAt, now),
    run.endedAt === null ? '' : length(run.endedAt - run.createdAt),
    shorten(run.key ?? '', 24),
    note(run, now),
  ])
  table(['run', 'flow', 'state', 'started', 'took', 'key', ''], rows, terminal)
  if (next !== null)
    terminal.out(colours.dim(`More: npx tenon runs list --before ${next}${tenantWords(textOption(input, 'tenant'))}`))
}

function note({ status, code, wakeAt }: Row, now: number): string {
  if (code !== null) return code
  return status === 'waiting' && wakeAt !== null ? `at most ${length(wakeAt - now)} more` : ''
}
