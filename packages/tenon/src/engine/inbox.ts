import { TenonError } from '../base/errors.ts'
import { decode, encode } from '../base/json.ts'
import type { InboxMessage } from '../journal/journal.ts'
import type { Command, Host } from './command.ts'
import type { CommandBook } from './command-book.ts'
import type { Ending } from './ending.ts'
import { withValue, write, type EntryBodies, type HistoryEntry, type Written } from './entries.ts'
import type { Mailbox } from './mailbox.ts'
import { decodeEvent } from './messages.ts'
import { storeError } from './outcome.ts'
import type { Additions } from './recorder.ts'

/** The run that takes its messages over into its journal. */
export interface Receiver extends Host {
  readonly book: CommandBook
  readonly mail: Mailbox
  readonly ending: Ending | null
  /** Looks again at steps that may go on now. */
  wake(mayGoOn: (command: Command) => boolean): void
  stop(cancel: EntryBodies['cancel'], at: number, additions?: Additions | null): void
}

export function takeMessage(run: Receiver, message: InboxMessage): void {
  const takes = Object.hasOwn(takers, message.kind) ? takers[message.kind] : undefined
  if (takes === undefined) return consume(run, message)
  takes(run, message)
}

const takers: Readonly<Record<string, (run: Receiver, message: InboxMessage) => void>> = {
  event: takeEvent,
  signal: takeSignal,
  child: takeChildEnd,
  cancel: takeCancel,
  decision: takeDecision,
}

function consume(run: Receiver, message: InboxMessage): void {
  run.note(null, { consumed: message.position })
}

function takeEvent(run: Receiver, message: InboxMessage): void {
  const command = run.book.find(message.name ?? '')
  if (command === undefined || command.state === 'done') return consume(run, message)
  run.succeed(command, encodeArrived(message), { consumed: message.position })
}

function encodeArrived(message: InboxMessage): string {
  const { connection: _connection, ...event } = decodeEvent(message.body)
  return encode(event)
}

function takeSignal(run: Receiver, message: InboxMessage): void {
  const name = message.name ?? ''
  const data = decode(message.body)
  const seq = run.note(signalEntry(message), { consumed: message.position })
  run.mail.putSignal(name, seq, data)
  run.wake((command) => command.kind === 'wait')
}

function signalEntry(message: InboxMessage): Written {
  return withValue(write('signal', null, message.at, { name: message.name ?? '' }), message.body)
}

function takeChildEnd(run: Receiver, message: InboxMessage): void {
  const end = decode(message.body) as EntryBodies['child']
  run.note(childEntry(message), { consumed: message.position })
  run.mail.putChildEnd(message.name ?? '', end)
  run.wake((command) => command.kind === 'child-result')
}

function childEntry(message: InboxMessage): Written {
  const { v, ...end } = decode(message.body) as EntryBodies['child']
  const written = write('child', message.name, message.at, end)
  return end.e === undefined ? withValue(written, encode(v)) : written
}

function takeCancel(run: Receiver, message: InboxMessage): void {
  if (run.ending !== null) return consume(run, message)
  const { reason } = decode(message.body) as { reason: string }
  run.stop({ reason, timeout: false }, message.at, { consumed: message.position })
}

function takeDecision(run: Receiver, message: InboxMessage): void {
  const command = run.book.find(message.name ?? '')
  if (command === undefined || !command.isUnknown) return consume(run, message)
  const decision = decode(message.body) as DecisionBody
  command.isUnknown = false
  command.mayHaveHappened = false
  command.isDecided = true
  command.wakeAt = null
  run.note(write('decision', command.name, message.at, { kind: decision.kind, by: decision.by }), {
    consumed: message.position,
  })
  if (decision.kind === 'happened') run.succeed(command, encode(decision.result))
  else if (decision.kind === 'retry') run.wake((other) => other === command)
  else run.fail(command, effectDenied(command.name, decision.by), 'answered')
}

/** What becomes of the messages to a run whose code cannot be followed: entries, so that none is lost and none keeps waking the run. */
export function keepMessages(inbox: readonly InboxMessage[], history: readonly HistoryEntry[]): readonly Written[] {
  const steps = new Set<string | null>()
  return inbox.flatMap((message) => {
    if (message.kind === 'signal') return [signalEntry(message)]
    if (message.kind === 'child') return [childEntry(message)]
    // Of several that say what became of one step, the first counts.
    if (steps.has(message.name)) return []
    const kept = message.kind === 'event' ? keepEvent(message, history) : keepDecision(message, history)
    if (kept.length > 0) steps.add(message.name)
    return kept
  })
}

function keepEvent(message: InboxMessage, history: readonly HistoryEntry[]): readonly Written[] {
  const begun = history.find((entry) => entry.kind === 'begun' && entry.step === message.name)
  const isOver = history.some((entry) => entry.kind === 'step' && entry.step === message.name)
  if (begun?.kind !== 'begun' || isOver) return []
  const { h, t, s } = begun.body
  return [withValue(write('step', begun.step, message.at, { h, t, a: 0, s }), encodeArrived(message))]
}

function keepDecision(message: InboxMessage, history: readonly HistoryEntry[]): readonly Written[] {
  const unknown = history.findLast((entry) => entry.step === message.name)
  if (message.kind !== 'decision' || unknown?.kind !== 'unknown') return []
  const { kind, by, result } = decode(message.body) as DecisionBody
  const decided = write('decision', unknown.step, message.at, { kind, by })
  if (kind === 'retry') return [decided]
  const { h, t, a, s } = unknown.body
  const over = { h, t, a, s }
  if (kind === 'happened') return [decided, withValue(write('step', unknown.step, message.at, over), encode(result))]
  const e = storeError(effectDenied(unknown.step, by))
  return [decided, write('step', unknown.step, message.at, { ...over, e, f: 'answered' })]
}

type DecisionBody = EntryBodies['decision'] & { readonly result?: unknown }

function effectDenied(step: string, by: string): TenonError {
  return new TenonError('EFFECT_DENIED', `${by} decided that ${step} did not take effect`)
}
