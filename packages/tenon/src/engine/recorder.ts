import { TenonError } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import type {
  Append,
  AppendReceipt,
  JournalWrites,
  NewEntry,
  NewWait,
  RunKey,
  RunRow,
  RunStatus,
  Start,
  StateChange,
  StoredValue,
} from '../journal/journal.ts'
import type { Written } from './entries.ts'
import type { StoredExchange } from './excerpt.ts'

type Receipt = Extract<AppendReceipt, { outcome: 'written' | 'duplicate' }>

/** What goes into one commit besides entries. */
export interface Additions {
  readonly consumed?: number
  readonly wait?: NewWait
  readonly endedWait?: string
  readonly endedWaits?: readonly string[]
  readonly start?: Start & { readonly input: string }
  readonly values?: readonly StoredValue[]
  readonly state?: StateChange
}

/** Additions of a step's result: the signal that it took. */
export type StepAdditions = Additions & { readonly signal?: number }

/** Additions of a step's failure: what was sent and answered. */
export type FailureAdditions = Additions & { readonly x?: StoredExchange }

interface Batch {
  readonly entries: NewEntry[]
  /** What few appends have; made when it is needed. */
  rare: Rare | null
  state: StateChange | null
  readonly whenDurable: ((receipt: Receipt) => void)[]
}

interface Rare {
  readonly consumed: number[]
  readonly values: StoredValue[]
  readonly waits: NewWait[]
  readonly endedWaits: string[]
  readonly starts: (Start & { readonly input: string })[]
}

export interface RecorderParts {
  readonly journal: JournalWrites
  /** Of this stay in memory: a later owner fences it. */
  readonly epoch: number
  readonly clock: Clock
  /** As it came into memory. */
  readonly row: RunRow
  readonly author: Author
}

/** Whose entries they are. */
export interface Author {
  /** What the journal said of this and other runs; `isRepeated` when an earlier answer was lost, which may have said more. The callbacks of the append come before. */
  onReceipt(receipt: Receipt, isRepeated: boolean): void
  /** Someone else writes this run, or the journal refuses it for good: it must leave memory. */
  onLost(reason: AppendReceipt | Error): void
}

const firstPauseMs = 50
const longestPauseMs = 5_000

/**
 * Writes one run's entries, one append in flight at a time: what is recorded meanwhile goes into the next one.
 * An append whose fate is unknown is repeated until the journal answers; it recognises entries that are there already.
 */
export class Recorder {
  readonly #journal: JournalWrites
  readonly #clock: Clock
  readonly #key: RunKey
  readonly #epoch: number
  readonly #author: Author
  /** The journal has it at rest, or is about to: the next append says that it goes on, unless it says something else. */
  #isResting: boolean
  #next: Batch = emptyBatch()
  #inFlight = false
  #stopped = false
  lastSeq: number

  constructor({ journal, epoch, clock, row, author }: RecorderParts) {
    this.#journal = journal
    this.#epoch = epoch
    this.#clock = clock
    this.#key = row
    this.#author = author
    this.#isResting = isRest(row.status)
    this.lastSeq = row.lastSeq
  }

  /** True while something recorded is not durable yet. */
  get isBusy(): boolean {
    return this.#inFlight || this.#hasMore
  }

  get #hasMore(): boolean {
    const next = this.#next
    return next.entries.length > 0 || next.state !== null || next.rare !== null
  }

  /** An append is on its way, and what the journal says of it may concern the run. */
  get isSending(): boolean {
    return this.#inFlight
  }

  /** Puts an entry (or only additions) into the next append; `flush` sends it. The entry's sequence. */
  record(written: Written | null, additions: Additions | null, whenDurable?: (receipt: Receipt) => void): number {
    const next = this.#next
    if (written !== null) {
      next.entries.push(written.entry)
      if (written.value !== null) rareOf(next).values.push(written.value)
    }
    if (additions !== null) addTo(next, additions)
    if (whenDurable !== undefined) next.whenDurable.push(whenDurable)
    return this.lastSeq + next.entries.length
  }

  /** Nothing more is written or called back. */
  stop(): void {
    this.#stopped = true
  }

  flush(): void {
    if (this.#inFlight || this.#stopped || !this.#hasMore) return
    const batch = this.#next
    this.#next = emptyBatch()
    this.#inFlight = true
    const after = this.lastSeq
    this.lastSeq += batch.entries.length
    this.#send(batch, this.#appendOf(batch, after), firstPauseMs)
  }

  #appendOf({ entries, rare, state: ofBatch }: Batch, after: number): Append {
    const { tenant, run } = this.#key
    const state = ofBatch ?? (this.#isResting ? goesOn : null)
    this.#isResting = ofBatch !== null && isRest(ofBatch.status)
    const epoch = this.#epoch
    if (rare !== null) return { tenant, run, epoch, after, entries, ...rare, ...(state !== null && { state }) }
    return state === null ? { tenant, run, epoch, after, entries } : { tenant, run, epoch, after, entries, state }
  }

  #send(batch: Batch, append: Append, pauseMs: number): void {
    this.#journal.append(append).then(
      (receipt) => {
        if (this.#stopped) return
        if (receipt.outcome === 'conflict' || receipt.outcome === 'fenced') return this.#author.onLost(receipt)
        this.#inFlight = false
        for (const whenDurable of batch.whenDurable) whenDurable(receipt)
        this.#author.onReceipt(receipt, pauseMs > firstPauseMs)
      },
      (error: unknown) => {
        if (this.#stopped) return
        if (!TenonError.is(error) || !error.retryable)
          return this.#author.onLost(error instanceof Error ? error : new Error(String(error)))
        this.#clock.after(pauseMs, () => {
          if (!this.#stopped) this.#send(batch, append, Math.min(longestPauseMs, pauseMs * 2))
        })
      },
    )
  }
}

const goesOn: StateChange = { status: 'ready', wakeAt: null, code: null, leaveLine: false }

function isRest(status: RunStatus): boolean {
  return status === 'waiting' || status === 'parked'
}

function emptyBatch(): Batch {
  return { entries: [], rare: null, state: null, whenDurable: [] }
}

function rareOf(batch: Batch): Rare {
  batch.rare ??= { consumed: [], values: [], waits: [], endedWaits: [], starts: [] }
  return batch.rare
}

function addTo(batch: Batch, additions: Additions): void {
  const { consumed, wait, endedWait, endedWaits, start, values, state } = additions
  if (consumed !== undefined) rareOf(batch).consumed.push(consumed)
  if (wait !== undefined) rareOf(batch).waits.push(wait)
  if (endedWait !== undefined) rareOf(batch).endedWaits.push(endedWait)
  if (endedWaits !== undefined && endedWaits.length > 0) rareOf(batch).endedWaits.push(...endedWaits)
  if (start !== undefined) rareOf(batch).starts.push(start)
  if (values !== undefined && values.length > 0) rareOf(batch).values.push(...values)
  if (state !== undefined) batch.state = state
}
