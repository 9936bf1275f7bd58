import { notPostponed, type Command } from './command.ts'
import type { CommandBook } from './command-book.ts'
import type { HistoryEntry } from './entries.ts'
import type { History } from './history.ts'
import type { Mailbox } from './mailbox.ts'

/** Where the code no longer does what the journal says it did. */
export interface Difference {
  readonly seq: number
  /** What the journal holds. */
  readonly expected: string
  /** What the code asked for instead. */
  readonly found: string
}

export type StepEntry = Extract<HistoryEntry, { kind: 'step' }>

export type Replayed =
  | { readonly what: 'noted' }
  /** The function gets this result now. */
  | { readonly what: 'result'; readonly command: Command; readonly entry: StepEntry }
  | { readonly what: 'stopped'; readonly entry: Extract<HistoryEntry, { kind: 'cancel' }> }
  | { readonly what: 'undoing' }
  | { readonly what: 'differs'; readonly difference: Difference }
  /** Belongs to a step that a retried run has not asked for again (yet). */
  | { readonly what: 'left-behind'; readonly entry: HistoryEntry }

const noted: Replayed = { what: 'noted' }

/** Applies one entry to what the function has asked for so far. */
export function replayEntry(entry: HistoryEntry, book: CommandBook, mail: Mailbox, history: History): Replayed {
  switch (entry.kind) {
    case 'signal':
      mail.putSignal(entry.body.name, entry.seq, entry.body.v)
      return noted
    case 'child':
      mail.putChildEnd(entry.step, entry.body)
      return noted
    case 'cancel':
      return { what: 'stopped', entry }
    case 'undo':
      return { what: 'undoing' }
    case 'end':
    case 'retried':
    case 'changed':
    case 'resumed':
    case 'parked':
      return noted
    default:
      return replayStepEntry(entry, book, mail, history)
  }
}

type OfStep = Extract<HistoryEntry, { kind: 'step' | 'attempt' | 'sending' | 'unknown' | 'decision' | 'begun' }>

function replayStepEntry(entry: OfStep, book: CommandBook, mail: Mailbox, history: History): Replayed {
  const command = book.find(entry.step)
  const isLoose = entry.seq > history.looseAfter && entry.seq < history.looseBefore
  // Decided twice: the first counted.
  if (entry.kind === 'decision' && command?.state === 'done') return noted
  if (command === undefined || command.state === 'done') {
    return isLoose ? { what: 'left-behind', entry } : differs(entry, found(book, history))
  }
  if (entry.kind === 'decision') {
    command.isUnknown = false
    command.isDecided = true
    command.wakeAt = null
    return noted
  }
  if (entry.body.h !== command.hash) {
    return isLoose ? { what: 'left-behind', entry } : differs(entry, `${command.name} with another input`)
  }
  if (entry.kind === 'step' || entry.kind === 'attempt') book.madeBy(command, entry.body.c)
  return entry.kind === 'step' ? replayResult(entry, command, mail) : replayProgress(entry, command)
}

function replayResult(entry: StepEntry, command: Command, mail: Mailbox): Replayed {
  if (entry.body.sig !== undefined) mail.dropSignal(entry.body.sig)
  command.attempt = entry.body.a
  command.startedAt = entry.body.s
  return { what: 'result', command, entry }
}

function replayProgress(entry: Exclude<OfStep, StepEntry | { kind: 'decision' }>, command: Command): Replayed {
  if (entry.kind === 'begun') {
    command.begun = entry.body
    command.startedAt = entry.body.s
    return noted
  }
  command.attempt = entry.body.a
  command.isSent = entry.kind === 'sending'
  command.isUnknown = entry.kind === 'unknown'
  const { postponedBy } = command
  command.postponedBy = notPostponed
  if (entry.kind === 'attempt') {
    command.startedAt = entry.body.s
    if (entry.body.p === true) {
      // When its turn comes may have changed without an entry: it asks whenever its run is in memory.
      command.postponedBy = [...postponedBy, entry.body.e.code ?? '']
      command.wakeAt = null
    } else {
      command.wakeAt = entry.body.at
      command.previousDelayMs = entry.body.d
    }
    if (entry.body.f === 'ambiguous') command.mayHaveHappened = true
  }
  return noted
}

function differs(entry: OfStep, instead: string): Replayed {
  return { what: 'differs', difference: { seq: entry.seq, expected: entry.step, found: instead } }
}

// The first thing asked for that the journal knows nothing of says most about what was changed.
function found(book: CommandBook, history: History): string {
  for (const command of book.open) if (!history.names.has(command.name)) return command.name
  for (const command of book.open) return command.name
  return 'nothing'
}
