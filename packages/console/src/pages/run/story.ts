import type { DecisionView, RunDetail, StepView } from '../../api/contract.ts'
import { clockTime, distance, length } from '../../words/time.ts'
import { count, isolated, listWords, lower, plainWords, shortId, stepLabel } from '../../words/words.ts'

/** What happened to a run and why, in plain words. */
export interface Story {
  readonly headline: string
  readonly sentences: readonly string[]
  /** What stands in the way and what a person can do, `null` where nothing has to be done. */
  readonly advice: string | null
}

export function storyOf(run: RunDetail, now: number, isPaused = false): Story {
  return {
    headline: headline(run, now, isPaused),
    sentences: [beginning(run, now), ...doing(run), ...troubles(run), ...undoing(run)].filter((text) => text !== ''),
    advice: advice(run),
  }
}

/** `get order (erp)`, to stand inside a sentence. */
function inWords(step: Pick<StepView, 'name' | 'kind'>): string {
  const { text, system } = stepLabel(step.name, step.kind)
  return isolated(system === null ? lower(text) : `${lower(text)} (${system})`)
}

function stepWords(run: RunDetail, name: string): string {
  return inWords(run.steps.find((step) => step.name === name) ?? { name, kind: 'call' })
}

function headline(run: RunDetail, now: number, isPaused: boolean): string {
  switch (run.status) {
    case 'completed':
      return `Everything was done, in ${length((run.endedAt ?? now) - run.createdAt)}.`
    case 'failed':
      return failed(run)
    case 'cancelled':
      return isTakenBack(run) ? 'It was cancelled, and what it had done was taken back.' : 'It was cancelled.'
    case 'parked':
      return parked(run)
    case 'waiting':
      return waiting(run, now)
    case 'queued':
      return `It waits its turn: an earlier run with the key ${isolated(run.key ?? '')} is not finished.`
    default:
      return ready(run, isPaused)
  }
}

function ready(run: RunDetail, isPaused: boolean): string {
  if (run.inMemory) return run.undo === 'begun' ? 'It is taking back what it has done.' : 'It is at work right now.'
  if (isPaused) return 'It stands still because its flow is paused.'
  return run.steps.length === 0 ? 'It will begin in a moment.' : 'It will go on in a moment.'
}

function failed(run: RunDetail): string {
  const step = failedStep(run)
  const where = step === undefined ? '' : ` at “${inWords(step)}”`
  return isTakenBack(run) ? `It failed${where}, and what it had done was taken back.` : `It failed${where}.`
}

/** False also where there was nothing to take back. */
const isTakenBack = (run: RunDetail): boolean => run.undo === 'done' && run.steps.some(({ isUndo }) => isUndo)

/** The one that the run failed by: the last to fail on the way forward. */
export function failedStep(run: RunDetail): StepView | undefined {
  const failed = run.steps.filter(({ state }) => state === 'failed')
  const same = failed.filter(({ error }) => error?.message === run.error?.message)
  return (same.length > 0 ? same : failed).findLast(({ isUndo }) => !isUndo) ?? failed.at(-1)
}

function parked(run: RunDetail): string {
  const [unknown] = run.unknownSteps
  if (unknown !== undefined) return `Nobody knows whether “${stepWords(run, unknown)}” took effect. You decide.`
  if (run.code === 'DIVERGED') return 'It stands still: the code was changed and no longer fits what this run has done.'
  if (run.code === 'POISONED') return 'It stands still: the program ended again and again while this run was at work.'
  return 'It stands still until a person lets it go on.'
}

const restWords: Partial<Record<StepView['kind'], string>> = { sleep: 'its time', 'child-result': 'another run' }

function waiting(run: RunDetail, now: number): string {
  const resting = run.steps.filter(({ state }) => state === 'waiting')
  const until = run.wakeAt === null ? '' : `, until ${clockTime(run.wakeAt, now)} (${distance(run.wakeAt, now)})`
  const turn = resting.find(({ postponed }) => postponed !== null)
  if (turn !== undefined)
    return `“${inWords(turn)}” waits for its turn${until}: ${turn.postponed?.reason.message ?? ''}`
  const retry = resting.find(({ attempts }) => (attempts.at(-1)?.retryAt ?? null) !== null)
  if (retry !== undefined)
    return `It will try “${inWords(retry)}” again${run.wakeAt === null ? '' : ` ${distance(run.wakeAt, now)}`}.`
  const names = resting.map(({ name, kind }) =>
    kind === 'wait'
      ? `“${isolated(lower(stepLabel(name, kind).text).replace(/^wait for /, ''))}”`
      : (restWords[kind] ?? 'another try'),
  )
  return names.length === 0 ? `It waits${until}.` : `It waits for ${listWords([...new Set(names)])}${until}.`
}

/** `at 14:03:22`, `on 3 May 14:03:22`. */
function moment(at: number, now: number): string {
  const text = clockTime(at, now)
  return /^\d+ /.test(text) ? `on ${text}` : `at ${text}`
}

function beginning(run: RunDetail, now: number): string {
  const when = moment(run.createdAt, now)
  const key = run.key === null ? '' : ` Its key is ${isolated(run.key)}: runs with one key go one after the other.`
  if (run.linked !== null) return `It was started anew from run ${shortId(run.linked)} ${when}.${key}`
  if (run.parent !== null) return `Run ${shortId(run.parent.run)} started it ${when}.${key}`
  if (run.event === null || run.event.type.startsWith('manual')) return `It was started by hand ${when}.${key}`
  if (run.event.type.startsWith('schedule/')) return `Its time had come: it began ${when}.${key}`
  const [connector = '', ...rest] = run.event.type.split('/')
  const event =
    rest.length === 0
      ? `“${isolated(connector)}”`
      : `“${isolated(plainWords(rest.join('/')))}” from ${isolated(connector)}`
  return `It began when the event ${event} arrived ${when}.${key}`
}

function doing(run: RunDetail): string[] {
  const done = run.steps.filter(
    ({ state, isUndo, kind }) => state === 'completed' && !isUndo && kind !== 'wait' && kind !== 'sleep',
  )
  if (done.length === 0) return run.endedAt === null ? [] : ['It did no step.']
  return [`Done: ${listWords(done.map(inWords), 6)}.`]
}

/** Without the stop at its end: another one follows. */
const ended = (text: string): string => text.replace(/[.\s]+$/, '')

function decisionSentence(step: StepView, { kind, by }: DecisionView): string {
  const what = `“${inWords(step)}”`
  if (kind === 'retry') return `${isolated(by)} decided to send ${what} again.`
  return `${isolated(by)} decided that ${what} ${kind === 'happened' ? 'took effect' : 'did not take effect'}.`
}

/** What a person said of a step whose outcome nobody knew. */
export function decisionWords({ kind }: DecisionView): string {
  if (kind === 'happened') return 'it took effect'
  return kind === 'retry' ? 'send it again' : 'it did not take effect'
}

function troubles(run: RunDetail): string[] {
  const tried = run.steps.filter(
    ({ attempts, state, decision }) =>
      attempts.length > 1 && state === 'completed' && (decision === null || decision.kind === 'retry'),
  )
  const decided = run.steps.flatMap((step) => (step.decision === null ? [] : [decisionSentence(step, step.decision)]))
  const again = tried.map((step) => `“${inWords(step)}” succeeded only at try ${step.attempts.length}.`)
  const step = failedStep(run)
  const tries =
    step !== undefined && step.attempts.length > 1 ? ` after ${count(step.attempts.length, 'try', 'tries')}` : ''
  const reason =
    run.error !== null && (run.status === 'failed' || run.status === 'parked')
      ? [`The reason${tries}: ${isolated(ended(run.error.message))}.`]
      : []
  const last = run.steps.find(({ state }) => state === 'waiting')?.attempts.at(-1)?.error ?? null
  const delay = last === null ? [] : [`The last try failed: ${isolated(ended(last.message))}.`]
  return [...decided, ...again, ...delay, ...reason]
}

function undoing(run: RunDetail): string[] {
  const undone = run.steps.filter(({ isUndo, state }) => isUndo && state === 'completed')
  const broken = run.steps.filter(({ isUndo, state }) => isUndo && state === 'failed')
  return [
    ...(undone.length > 0 ? [`To take it back, it did: ${listWords(undone.map(inWords), 6)}.`] : []),
    ...(broken.length > 0
      ? [`This way back failed: ${listWords(broken.map(inWords), 6)}. Put that right by hand.`]
      : []),
  ]
}

function advice(run: RunDetail): string | null {
  if (run.unknownSteps.length > 0)
    return 'The call left, no answer came back, and the other system offers no way to ask or to repeat it safely. Look there, then press Decide.'
  if (run.status === 'parked' && run.code === 'DIVERGED')
    return 'Ask a developer to bring back code that fits (or to keep the old version of the flow), then press Retry.'
  if (run.status === 'parked') return 'Find out why first. When the cause is gone, press Retry.'
  if (run.status !== 'failed') return null
  if (run.actions.includes('retry'))
    return 'When the cause is gone, press Retry: it goes on from the failed step, and what is done is not done twice.'
  if (run.actions.includes('anew')) return 'To do the work after all, press Start anew: a new run with the same input.'
  return null
}
