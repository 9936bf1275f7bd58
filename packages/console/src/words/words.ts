import type { RunStatus, StepKind, StepState } from '../api/contract.ts'

export const statusWords: Readonly<Record<RunStatus, string>> = {
  ready: 'In progress',
  queued: 'Queued',
  waiting: 'Waiting',
  parked: 'Needs you',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

export const statusMeanings: Readonly<Record<RunStatus, string>> = {
  ready: 'at work, or about to begin',
  queued: 'behind an earlier run with the same key',
  waiting: 'for a time, an event or another run',
  parked: 'stands still until a person decides',
  completed: 'everything was done',
  failed: 'gave up; can be repaired and retried',
  cancelled: 'stopped by a person',
}

export const stepStateWords: Readonly<Record<StepState, string>> = {
  running: 'In progress',
  waiting: 'Waiting',
  completed: 'Done',
  failed: 'Failed',
  unknown: 'Outcome unknown',
}

export const stepKindWords: Readonly<Record<StepKind, string>> = {
  call: 'Call to another system',
  run: 'Work of the flow itself',
  sleep: 'Pause',
  wait: 'Wait for an event',
  child: 'Start of another run',
  'child-result': 'Wait for another run',
}

/** The end of a run's id: its beginning is time and alike for runs of one moment. */
export function shortId(run: string): string {
  return run.length > 8 ? run.slice(-8) : run
}

/** `getOrder` -> `get order`, `payment_intent.succeeded` -> `payment intent succeeded`. */
export function plainWords(name: string): string {
  return name
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replaceAll(/[#._-]+/g, ' ')
    .trim()
    .toLowerCase()
}

/** Text from outside, so that its direction of writing does not spill into the sentence around it (Unicode TR 9, isolates). */
export const isolated = (text: string): string => `\u2068${text}\u2069`

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
export const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

export interface StepLabel {
  /** What it does, for people: `Get order`. */
  readonly text: string
  /** The system that it asks, where it asks one: `erp`. */
  readonly system: string | null
}

/** From a step's name (`erp.getOrder#2`, `undo(erp.reserveStock#1)/erp.releaseStock#1`, `waitFor.delivered#1`) to words. */
export function stepLabel(name: string, kind: StepKind): StepLabel {
  const [, undone, by] = /^undo\((.*?)\)(?:\/(.*))?$/s.exec(name) ?? []
  if (by !== undefined && by !== '') return stepLabel(by, kind)
  if (undone !== undefined)
    return { ...stepLabel(undone, kind), text: `Take back: ${lower(stepLabel(undone, kind).text)}` }
  const [, base = name, again = '1'] = /^(.*?)(?:#(\d+))?$/s.exec(name) ?? []
  const suffix = again === '1' ? '' : ` (${again})`
  const call = kind === 'call' ? /^([^.\s]+)\.(\S+)$/.exec(base) : null
  if (call?.[1] !== undefined && call[2] !== undefined)
    return { text: capital(plainWords(call[2])) + suffix, system: call[1] }
  return { text: sentenceOf(base, kind) + suffix, system: null }
}

function sentenceOf(base: string, kind: StepKind): string {
  // A name that is no identifier was meant to be read as it is.
  if (!/^[\p{L}\d._#-]+$/u.test(base)) return base
  const words = (prefix: RegExp): string => plainWords(base.replace(prefix, ''))
  if (kind === 'wait') return `Wait for ${words(/^waitFor\./)}`
  if (kind === 'sleep') return base === 'sleep' ? 'Pause' : `Pause: ${plainWords(base)}`
  if (kind === 'child') return `Start ${words(/^start\./)}`
  if (kind === 'child-result') return `Result of ${plainWords(base.replace(/^start\./, '').replace(/\.result$/, ''))}`
  return capital(plainWords(base))
}

const codes: Readonly<Record<string, string>> = {
  ADDRESS_REFUSED: 'the address may not be called',
  CONNECTION_MISSING: 'no connection is set up',
  CREDENTIALS_REFUSED: 'the credentials were refused',
  DIVERGED: 'the code has changed',
  EFFECT_DENIED: 'a person said it did not happen',
  INPUT_INVALID: 'the input has the wrong form',
  INTERNAL: 'a fault inside',
  KEY_HELD: 'it would wait for itself',
  OUTCOME_UNKNOWN: 'outcome unknown',
  POISONED: 'ended the program again and again',
  RUN_CANCELLED: 'cancelled',
  STEP_FAILED: 'a step failed',
  TERMINAL: 'cannot be done',
  TIMEOUT: 'took too long',
  UNENCODABLE: 'a value cannot be kept',
  UPSTREAM_ANSWER_INVALID: 'the answer made no sense',
  UPSTREAM_REFUSED: 'the other system refused',
  UPSTREAM_UNAVAILABLE: 'the other system is not there',
}

/** An error code in a few words; one that is new here stays as it is. */
export function codeWords(code: string): string {
  return codes[code] ?? code
}

/** `Starts when stripe sends payment_intent.succeeded.` */
export function triggerWords({ text }: { readonly text: string }): string {
  return `Starts ${text.replace(/[.\s]+$/, '')}.`
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listWords(items: readonly string[], most = 4): string {
  const shown = items.length > most ? [...items.slice(0, most - 1), `${items.length - most + 1} more`] : items
  if (shown.length < 2) return shown.join('')
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}
