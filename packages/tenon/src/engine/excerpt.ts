import { renderAnswer, renderRequest, type AnswerView, type RequestView, type Size } from '../client/render.ts'
import type { SentCall } from './exchanges.ts'
import type { HistoryEntry } from './entries.ts'
import { viewError } from './outcome.ts'
import type { ExchangeView } from './view.ts'

/** What the journal keeps of the exchange of a try that went wrong, masked. `q` the request that left `at`, `r` the answer, `o` how long it took. */
export interface StoredExchange {
  readonly at: number
  readonly q: RequestView
  readonly r: AnswerView | null
  readonly o: number | null
}

const whole: Size = { body: 65_536, line: 4_096, headers: 16_384 }
const excerptSize: Size = { body: 900, line: 400, headers: 500 }
const mostExcerpt = 4_096

/** At most 4 KiB, `null` for a try that sent nothing. */
export function excerptOf(sent: SentCall): StoredExchange | null {
  for (let share = 1; ; share *= 2) {
    const { body, line, headers } = excerptSize
    const excerpt = render(sent, { body: body / share, line: line / share, headers: headers / share })
    if (excerpt === null || Buffer.byteLength(JSON.stringify(excerpt)) <= mostExcerpt) return excerpt
  }
}

function render(sent: SentCall, size: Size): StoredExchange | null {
  const { request, ownHeaders, answer, at, answeredAt } = sent
  if (request === null) return null
  const redact = (text: string): string => sent.redact(text)
  return {
    at,
    q: renderRequest({ request, ownHeaders }, redact, size),
    r: answer === null ? null : renderAnswer(answer, redact, size),
    o: answeredAt === null ? null : answeredAt - at,
  }
}

/** All that is kept of one run's exchanges: in memory the latest, in its journal those that went wrong. */
export function viewExchanges(sent: readonly SentCall[], entries: readonly HistoryEntry[]): ExchangeView[] {
  const views = sent.flatMap((one) => viewSent(one))
  const known = new Set(views.map(keyOf))
  const stored = entries.flatMap((entry) => viewStored(entry)).filter((view) => !known.has(keyOf(view)))
  return [...views, ...stored].sort((left, right) => left.at - right.at)
}

function keyOf({ step, attempt, at }: ExchangeView): string {
  return `${step}\n${attempt}\n${at}`
}

function viewSent(sent: SentCall): ExchangeView[] {
  const rendered = render(sent, whole)
  if (rendered === null) return []
  const { step, attempt, error } = sent
  return [{ step, attempt, ...viewed(rendered), error: error === null ? null : viewError(error) }]
}

function viewStored(entry: HistoryEntry): ExchangeView[] {
  if (entry.kind !== 'step' && entry.kind !== 'attempt' && entry.kind !== 'unknown') return []
  const { x, a, e } = entry.body
  if (x === undefined) return []
  return [{ step: entry.step, attempt: a, ...viewed(x), error: e === undefined ? null : viewError(e) }]
}

function viewed({ at, q, r, o }: StoredExchange): Pick<ExchangeView, 'at' | 'request' | 'answer' | 'tookMs'> {
  return { at, tookMs: o, request: q, answer: r }
}
