import { systemClock } from '../../base/clock.ts'
import type { BudgetView } from '../../outbound/budget/budgets.ts'
import type { RoundView } from '../../outbound/budget/round.ts'
import { connectToServer } from '../../server/management-client.ts'
import type { CommandDefinition } from '../command.ts'
import { tableLines } from '../table.ts'
import { shorten, type Colours } from '../terminal.ts'
import { clockTime, count, length } from '../words.ts'

export const command: CommandDefinition = {
  summary: 'Show the limits of upstream APIs: what is used, by which flow, and who waits.',
  examples: [
    ['tenon budget', 'every limit that calls have met since the start'],
    ['tenon budget --json', 'for a program'],
  ],
  async run(input) {
    const answer = await connectToServer(input).get('/budgets')
    if (input.json) return input.terminal.out(JSON.stringify(answer))
    const lines = budgetTable(answer['budgets'] as readonly BudgetView[], systemClock.now(), input.terminal.colours)
    for (const line of [...lines, ...nodesLine(answer['nodes'] as RoundView['nodes'], input.terminal.colours)])
      input.terminal.out(line)
  },
}

/** Which nodes the figures are of. */
function nodesLine(nodes: RoundView['nodes'], colours: Colours): readonly string[] {
  if (nodes === null || nodes.there === 1) return []
  const { there, told } = nodes
  return [
    colours.dim(
      told === there
        ? `Of all ${there} nodes together.`
        : `Of ${told} of ${there} nodes: the others did not answer in time.`,
    ),
  ]
}

/** A line for each limit, and below it one for each flow that used it. */
export function budgetTable(budgets: readonly BudgetView[], now: number, colours: Colours): readonly string[] {
  if (budgets.length === 0) return [colours.dim('No call has met a limit yet.')]
  const rows = budgets.map((budget) => [
    `${budget.connector}/${budget.connection ?? '(app)'}`,
    shorten(budget.limit ?? 'learnt', 20),
    limitWords(budget),
    usedWords(budget),
    standing(budget, now),
  ])
  const head = ['account', 'limit', 'takes', 'used', 'now']
  const [titles, ...lines] = tableLines(head, rows, colours)
  return [
    titles,
    ...lines.flatMap((line, index) => [line, ...flowLines(budgets[index]).map((text) => colours.dim(text))]),
  ]
}

function flowLines(budget: BudgetView | undefined): readonly string[] {
  return (budget?.flows ?? []).map(({ flow, used }) => `  ${flow ?? 'outside flows'}: ${used}`)
}

function limitWords({ requests, perMs, learnt }: BudgetView): string {
  if (requests !== null && perMs !== null) return `${requests} in ${length(perMs)}`
  return learnt.map(({ remaining, quota }) => `${remaining}${quota === null ? '' : ` of ${quota}`} left`).join(', ')
}

function usedWords({ used, allowed, windowMs }: BudgetView): string {
  if (used === null || allowed === null || windowMs === null) return ''
  return `${used} of ${Math.floor(allowed)} in ${length(windowMs)}`
}

function standing({ waiting, postponed, pausedUntil, doneAt }: BudgetView, now: number): string {
  const words: string[] = []
  if (pausedUntil !== null) words.push(`paused until ${clockTime(pausedUntil, now)}`)
  if (waiting > 0) words.push(count(waiting, 'call waits', 'calls wait'))
  if (postponed > 0) words.push(count(postponed, 'step rests', 'steps rest'))
  if (doneAt !== null) words.push(`done in ${length(doneAt - now)}`)
  return words.length === 0 ? 'free' : words.join(', ')
}
