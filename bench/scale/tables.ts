import type { Figures, Hardware } from './figures.ts'
import { mostOfOneCell, plan, type Plan } from './plan.ts'

const rates = [100, 10_000, 1_000_000]
const day = 86_400

function number(value: number, digits = 3): string {
  return Number(value.toPrecision(digits)).toLocaleString('en')
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)))
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  const line = (row: readonly string[]): string => `| ${row.map(cell).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

function measured({ run, batch, write, webhook, waiting, idle }: Figures): string {
  const ms = (value: number): string => `${number(value)} ms`
  const bytes = (value: number): string => `${number(value)} B`
  return markdown(
    ['figure', 'database', 'node'],
    [
      ['CPU of a batch, whatever is in it', ms(batch.databaseMs), ms(batch.nodeMs)],
      ['CPU of each write in it', ms(write.databaseMs), ms(write.nodeMs)],
      ['CPU of a whole run in a node', '', ms(run.nodeMs)],
      ['CPU of a second without work (five reads), for each node', ms(idle.databaseMs), ''],
      [`log (WAL) of a run of ${run.writes} writes`, bytes(run.walBytes), ''],
      ['disk of a run, until it is forgotten', bytes(run.diskBytes), ''],
      ['log of a webhook that starts nothing', bytes(webhook.walBytes), ''],
      ['disk of such a webhook', bytes(webhook.diskBytes), ''],
      ['log of a run until it waits', bytes(waiting.walBytes), ''],
      ['disk of a run that waits', bytes(waiting.diskBytes), ''],
    ],
  )
}

function needs(plans: readonly Plan[], { waiting }: Figures): string {
  const row = (name: string, of: (one: Plan) => string): string[] => [name, ...plans.map(of)]
  return markdown(
    ['runs per second', ...rates.map((rate) => number(rate, 7))],
    [
      row('cells, each with one primary', ({ cells }) => number(cells)),
      row('nodes of each', ({ nodes }) => number(nodes)),
      row('node processes in all', ({ cells, nodes }) => number(cells * nodes, 6)),
      row('batches per second of each primary', ({ database }) => number(database.batchesPerS)),
      row('writes in a batch', ({ database }) => number(database.writesPerBatch)),
      row('cores that batches keep busy', ({ database }) => number(database.databaseCores)),
      row('log of each primary, MB/s', ({ logMbPerS }) => number(logMbPerS)),
      row('commit p50, ms', ({ database }) => number(database.commitP50Ms)),
      row('commit p99, ms', ({ database }) => number(database.commitP99Ms)),
      row('connections of each primary', ({ connections }) => number(connections)),
      row('disk of all for a day of runs, TB', ({ diskTbPerDay }) => number(diskTbPerDay)),
      row('disk of all if each run waited for a day, TB', ({ runsPerS }) =>
        number((runsPerS * waiting.diskBytes * day) / 1e12),
      ),
      row('nearest to its limit', ({ first }) => first),
    ],
  )
}

interface Change {
  readonly name: string
  readonly figures: Figures
  readonly hardware: Hardware
}

/** What a change would be worth, one at a time. */
function changes(figures: Figures, hardware: Hardware): Change[] {
  const { run, batch } = figures
  return [
    { name: 'as it is', figures, hardware },
    {
      name: 'batches cost the database half',
      figures: { ...figures, batch: { ...batch, databaseMs: batch.databaseMs / 2 } },
      hardware,
    },
    { name: 'a run costs a node half', figures: { ...figures, run: { ...run, nodeMs: run.nodeMs / 2 } }, hardware },
    {
      name: 'twice the cores in the database',
      figures,
      hardware: { ...hardware, databaseCores: hardware.databaseCores * 2 },
    },
    {
      name: 'twice the bytes per second to its log',
      figures,
      hardware: { ...hardware, logBytesPerS: hardware.logBytesPerS * 2 },
    },
    {
      name: 'a log that holds what was written, and nothing else',
      figures: { ...figures, run: { ...run, walBytes: run.contentBytes } },
      hardware,
    },
  ]
}

function worth(figures: Figures, hardware: Hardware): string {
  return markdown(
    ['change', 'most runs per second of one primary', 'primaries for 1,000,000'],
    changes(figures, hardware).map((one) => [
      one.name,
      number(mostOfOneCell(one.figures, one.hardware), 2),
      number(plan(one.figures, one.hardware, 1_000_000).cells),
    ]),
  )
}

export interface Tables {
  readonly measured: string
  readonly needs: string
  readonly worth: string
}

/** As they stand in docs/concepts/scale.md. */
export function tables(figures: Figures, hardware: Hardware): Tables {
  const plans = rates.map((rate) => plan(figures, hardware, rate))
  return { measured: measured(figures), needs: needs(plans, figures), worth: worth(figures, hardware) }
}
