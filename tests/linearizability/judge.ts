import { type Call, unexplained } from './checker.ts'
import { eventModel, runModel } from './models.ts'
import type { Histories } from './world.ts'

export interface Verdict {
  readonly keys: number
  readonly calls: number
  readonly unanswered: number
  /** Each answer, and how often it came. */
  readonly answers: Readonly<Record<string, number>>
  /** In words: of which run or event no order of the calls tells how they were answered. */
  readonly problems: readonly string[]
}

export function judge({ runs, events }: Histories): Verdict {
  const problems = [
    ...problemsOf(runs, (history) => unexplained(runModel, history)),
    ...problemsOf(events, (history) => unexplained(eventModel, history)),
  ]
  const calls = [...runs.values(), ...events.values()].flat()
  const answers: Record<string, number> = {}
  for (const { operation, to } of calls) {
    const name = `${'kind' in operation ? operation.kind : 'event'} ${to === null ? 'unanswered' : answerOf(operation)}`
    answers[name.trim()] = (answers[name.trim()] ?? 0) + 1
  }
  return {
    keys: runs.size + events.size,
    calls: calls.length,
    unanswered: calls.filter(({ to }) => to === null).length,
    answers,
    problems,
  }
}

function answerOf(operation: object): string {
  const { answer } = operation as { answer?: string | { readonly outcome: string } }
  return typeof answer === 'object' ? answer.outcome : (answer ?? '')
}

function problemsOf<Operation>(
  histories: ReadonlyMap<string, readonly Call<Operation>[]>,
  check: (history: readonly Call<Operation>[]) => readonly Call<Operation>[] | null,
): string[] {
  return [...histories].flatMap(([key, history]) => {
    const left = check(history)
    if (left === null) return []
    const lines = history
      .toSorted((one, other) => one.from - other.from)
      .map((call) => {
        const until = call.to === null ? 'no answer' : call.to.toFixed(1)
        return `${left.includes(call) ? '! ' : '  '}${call.from.toFixed(1)} to ${until} ${JSON.stringify(call.operation)}`
      })
    return [`${key}: no order explains these\n${lines.join('\n')}`]
  })
}
