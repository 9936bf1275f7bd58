import type { Fate } from '../outbound/retry.ts'
import type { Command } from './command.ts'
import type { CommandBook } from './command-book.ts'
import type { EntryBodies, EntryKind } from './entries.ts'
import type { History } from './history.ts'
import type { Mailbox } from './mailbox.ts'
import { restoreError } from './outcome.ts'
import { replayEntry, type Difference, type StepEntry } from './replay.ts'

/** What a step came to. */
export type Result =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: Error; readonly fate: Fate }

/** A durable result on its way to the function. */
export type Delivery = Result & { readonly command: Command; readonly at: number; readonly seq: number }

/** The next thing in the journal that the run must act upon before it looks further. */
export type Turn =
  | { readonly what: 'result'; readonly delivery: Delivery }
  | { readonly what: 'stopped'; readonly cancel: EntryBodies['cancel'] }
  | { readonly what: 'undoing'; readonly seq: number }
  | { readonly what: 'differs'; readonly difference: Difference }
  | { readonly what: 'done' }

const notDone: ReadonlySet<EntryKind> = new Set([
  'signal',
  'child',
  'cancel',
  'retried',
  'changed',
  'resumed',
  'parked',
])

/** Walks a run's journal in order, against what the function asks for meanwhile. */
export class Replayer {
  readonly #history: History
  #leftBehind: Map<string, StepEntry[]> | null = null
  #cursor = 0
  #lastDone: number | null = null

  constructor(history: History) {
    this.#history = history
  }

  /** True when nothing lies ahead that the function did: what was only noted about the run may still follow. */
  get isDone(): boolean {
    this.#lastDone ??= this.#history.entries.findLastIndex(({ kind }) => !notDone.has(kind))
    return this.#cursor > this.#lastDone
  }

  /** Call it only while the function is quiet. */
  next(book: CommandBook, mail: Mailbox): Turn {
    for (;;) {
      const entry = this.#history.entries[this.#cursor]
      if (entry === undefined) return { what: 'done' }
      const replayed = replayEntry(entry, book, mail, this.#history)
      if (replayed.what === 'differs') return replayed
      this.#cursor += 1
      if (replayed.what === 'result')
        return { what: 'result', delivery: deliveryOf(replayed.command, replayed.entry, book) }
      if (replayed.what === 'stopped') return { what: 'stopped', cancel: replayed.entry.body }
      if (replayed.what === 'undoing') return { what: 'undoing', seq: entry.seq }
      if (replayed.what === 'left-behind' && replayed.entry.kind === 'step') {
        const { step, body } = replayed.entry
        const leftBehind = (this.#leftBehind ??= new Map())
        leftBehind.set(step, [...(leftBehind.get(step) ?? []), replayed.entry])
        if (body.sig !== undefined) mail.dropSignal(body.sig)
      }
    }
  }

  /** A finished step that a retried run asks for again, later than before: its result, once. */
  takeLeftBehind(command: Command): StepEntry | null {
    return this.#leftBehind?.get(command.name)?.findLast(({ body }) => body.h === command.hash) ?? null
  }

  /** The step's generation: a person's retry after a definitive answer begins a new one, and so does another input than a finished one had. */
  generationOf(command: Command): number {
    const others = this.#leftBehind?.get(command.name)?.filter(({ body }) => body.h !== command.hash) ?? []
    return (this.#history.generations.get(command.name) ?? 0) + others.length
  }
}

function deliveryOf(command: Command, entry: StepEntry, book: CommandBook): Delivery {
  book.close(command)
  return { command, at: entry.at, seq: entry.seq, ...resultOf(entry) }
}

export function resultOf({ body }: StepEntry): Result {
  if (body.e === undefined) return { ok: true, value: body.v }
  return { ok: false, error: restoreError(body.e), fate: body.f ?? 'answered' }
}
