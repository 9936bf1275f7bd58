import type { InboxMessage, Journal, RunKey, RunRow } from '../journal/journal.ts'
import { read, wholeBody, type HistoryEntry } from './entries.ts'
import { prepareHistory } from './history.ts'
import { decodeEvent } from './messages.ts'
import { viewError } from './outcome.ts'
import type { AttemptView, DecisionView, ErrorView, RunView, StepView } from './view.ts'

type Draft = { -readonly [Key in keyof StepView]: StepView[Key] } & { attempts: AttemptView[] }

/** A run's journal, read. */
export interface ReadRun {
  readonly row: RunRow
  readonly input: string
  readonly entries: readonly HistoryEntry[]
  /** What it has not taken over yet. */
  readonly inbox: readonly InboxMessage[]
}

export async function readRun({ tenant, run }: RunKey, journal: Journal): Promise<ReadRun | null> {
  const [loaded] = await journal.load([{ tenant, run }])
  if (loaded === null || loaded === undefined) return null
  const values: Journal['values'] = (hashes) => journal.values(hashes)
  const [entries, input] = await Promise.all([read(loaded.entries, values), wholeBody(loaded.input, values)])
  return { row: loaded.row, input, entries, inbox: loaded.inbox }
}

/** The story of a run, folded from its journal. */
export function describeRun({ row, input, entries }: ReadRun): RunView {
  const event = decodeEvent(input)
  const steps = foldSteps(entries).map((step) => withTurn(step, row))
  const last = prepareHistory(entries).entries.at(-1)
  const end = last?.kind === 'end' ? last.body : null
  const parked = entries.findLast((entry) => entry.kind === 'parked')
  const isParked = row.status === 'parked' && parked?.kind === 'parked'
  const undone = entries.some(({ kind }) => kind === 'undo')
  return {
    ...row,
    event: { id: event.id, type: event.type, at: event.time.getTime(), source: event.source, data: event.data },
    steps,
    output: end?.v ?? null,
    error: isParked
      ? { name: 'TenonError', code: parked.body.code, message: parked.body.message }
      : end?.e === undefined
        ? null
        : viewError(end.e),
    waitsFor: waitsFor(row, steps),
    undo: !undone ? 'none' : end === null ? 'begun' : 'done',
  }
}

/** A turn that was put off again is in the run's row only: before that it does not ask. */
function withTurn(step: StepView, { status, wakeAt }: RunRow): StepView {
  const { postponed } = step
  if (postponed === null || status !== 'waiting' || wakeAt === null || wakeAt <= postponed.until) return step
  return { ...step, postponed: { ...postponed, until: wakeAt } }
}

/** The steps of a journal, by the time at which they began. */
export function foldSteps(entries: readonly HistoryEntry[]): StepView[] {
  const drafts = new Map<string, Draft>()
  for (const entry of entries) {
    if (entry.kind === 'retried')
      for (const seq of entry.body.void)
        reopenStep(
          drafts,
          entries.find((other) => other.seq === seq),
        )
    if (entry.kind === 'decision') {
      const draft = drafts.get(entry.step)
      if (draft !== undefined) Object.assign(draft, { state: 'running', decision: { ...entry.body, at: entry.at } })
    }
    if (
      entry.kind === 'step' ||
      entry.kind === 'attempt' ||
      entry.kind === 'sending' ||
      entry.kind === 'unknown' ||
      entry.kind === 'begun'
    )
      fold(drafts, entry)
  }
  return [...drafts.values()].sort((left, right) => left.startedAt - right.startedAt)
}

function fold(
  drafts: Map<string, Draft>,
  entry: Extract<HistoryEntry, { kind: 'step' | 'attempt' | 'sending' | 'unknown' | 'begun' }>,
): void {
  const startedAt = entry.kind === 'sending' ? entry.at : entry.body.s
  const draft = drafts.get(entry.step) ?? newDraft(entry.step, entry.body.t, startedAt)
  drafts.set(entry.step, draft)
  draft.postponed = null
  switch (entry.kind) {
    case 'begun':
      draft.state = 'waiting'
      return
    case 'sending':
      draft.attempts.push({ number: entry.body.a, startedAt, endedAt: null, error: null, retryAt: null })
      draft.state = 'running'
      return
    case 'attempt':
      draft.state = 'waiting'
      if (entry.body.p === true) return putOff(draft, viewError(entry.body.e), entry.body.at)
      putAttempt(draft, {
        number: entry.body.a,
        startedAt,
        endedAt: entry.at,
        error: viewError(entry.body.e),
        retryAt: entry.body.at,
      })
      return
    case 'unknown':
      putAttempt(draft, {
        number: entry.body.a,
        startedAt,
        endedAt: entry.at,
        error: viewError(entry.body.e),
        retryAt: null,
      })
      draft.state = 'unknown'
      return
    case 'step': {
      const { a, v, e } = entry.body
      const error = e === undefined ? null : viewError(e)
      if (a > 0 && !isFinal(draft.decision))
        putAttempt(draft, { number: a, startedAt, endedAt: entry.at, error, retryAt: null })
      draft.state = error === null ? 'completed' : 'failed'
      draft.endedAt = entry.at
      draft.result = v
      draft.error = error
    }
  }
}

/** Whether the step ended by what a person said, without another try. */
const isFinal = (decision: DecisionView | null): boolean => decision !== null && decision.kind !== 'retry'

function newDraft(name: string, kind: StepView['kind'], startedAt: number): Draft {
  return {
    name,
    kind,
    isUndo: name.startsWith('undo('),
    state: 'running',
    startedAt,
    endedAt: null,
    attempts: [],
    postponed: null,
    decision: null,
    result: undefined,
    error: null,
  }
}

function putAttempt(draft: Draft, attempt: AttemptView): void {
  const last = draft.attempts.at(-1)
  if (last?.number === attempt.number && last.endedAt === null) draft.attempts.pop()
  draft.attempts.push(attempt)
}

function putOff(draft: Draft, reason: ErrorView, until: number): void {
  if (draft.attempts.at(-1)?.endedAt === null) draft.attempts.pop()
  draft.postponed = { reason, until }
}

function reopenStep(drafts: Map<string, Draft>, entry: HistoryEntry | undefined): void {
  const draft = drafts.get(entry?.step ?? '')
  if (draft === undefined) return
  draft.state = 'running'
  draft.endedAt = null
  draft.error = null
  draft.decision = null
}

function waitsFor(row: RunRow, steps: readonly StepView[]): string | null {
  if (row.status === 'queued') return `the run before it with key ${row.key ?? ''}`
  const unknown = steps.filter(({ state }) => state === 'unknown').map(({ name }) => name)
  if (row.status === 'parked' && unknown.length > 0) return `a decision on ${unknown.join(', ')}`
  if (row.status === 'parked') return 'code that matches its journal, then a retry'
  if (row.status !== 'waiting') return null
  const resting = steps.filter(({ state }) => state === 'waiting').map(nameOf)
  const until = row.wakeAt === null ? '' : ` until ${new Date(row.wakeAt).toISOString()}`
  return `${resting.join(', ')}${until}`
}

const nameOf = ({ name, postponed }: StepView): string => (postponed === null ? name : `the turn of ${name}`)
