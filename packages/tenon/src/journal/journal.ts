import type { JournalHistory } from './history.ts'
import type { Ownership } from './ownership.ts'

/**
 * The journal port: the durable record of runs, and everything that must commit together with them.
 *
 * Two kinds of write. `deliver` takes messages from anyone (an event, a start, a message to a run): unfenced, deduplicated, never into a run's own
 * sequence. `append` is the owner's: fenced by epoch, dense by sequence. Both resolve only when durable. What arrives while a batch is being
 * committed goes into the next batch; each write is answered singly.
 */
export interface Journal extends JournalWrites, JournalWork, JournalHistory {
  readonly ownership: Ownership
  /** True when the last owner closed it in good order; false after a crash. */
  readonly closedCleanly: boolean
  /** Commits what was accepted, then frees the store. */
  close(): Promise<void>
}

export interface JournalWrites {
  /** Rejects with `JOURNAL_UNAVAILABLE` when it cannot be stored, and with `OVERLOADED` when the queue of writes is full: then nothing of it is stored. */
  deliver(message: Message): Promise<DeliverReceipt>
  append(append: Append): Promise<AppendReceipt>
}

/** What the owner of runs asks. */
export interface JournalWork {
  /** Runs of status `ready`, oldest first, those of `except` and of the flows of `without` left out. */
  ready(query: {
    readonly limit: number
    readonly except?: ReadonlySet<string>
    readonly flow?: string
    readonly without?: readonly FlowKey[]
  }): Promise<readonly RunRow[]>
  /** Waiting runs whose `wakeAt` is not after `now`, earliest first. */
  due(query: {
    readonly now: number
    readonly limit: number
    readonly except?: ReadonlySet<string>
  }): Promise<readonly RunRow[]>
  /** The earliest `wakeAt` of all waiting runs, `null` for none. */
  nextWake(): Promise<number | null>
  /** Everything needed to resume, in the order asked for; `null` where there is no such run. */
  load(runs: readonly RunKey[]): Promise<readonly (LoadedRun | null)[]>
  inbox(run: RunKey): Promise<readonly InboxMessage[]>
  /** Values stored out of line, `null` where missing. */
  values(hashes: readonly string[]): Promise<readonly (string | null)[]>
  /** Stored position of a schedule or poll trigger. */
  cursor(tenant: string, name: string): Promise<string | null>
  /** The positions of all tenants whose name begins so. */
  cursors(beginning: string): Promise<readonly Cursor[]>
  /** Deletes ended runs, events and dedupe keys that are past their time, at most `limit` rows of each kind; true when there is more to delete. */
  prune(query: { readonly now: number; readonly endedBefore: number; readonly limit: number }): Promise<boolean>
}

export interface RunKey {
  readonly tenant: string
  readonly run: string
}

export interface FlowKey {
  readonly tenant: string
  readonly flow: string
}

export interface Cursor {
  readonly tenant: string
  readonly name: string
  readonly value: string
}

/**
 * `ready`: may go on now. `queued`: behind another run with its key. `waiting`: for a timer, an event or another run.
 * `parked`: needs a person. The last three are ends.
 */
export type RunStatus = 'ready' | 'queued' | 'waiting' | 'parked' | 'completed' | 'failed' | 'cancelled'

export interface RunRow extends RunKey {
  readonly flow: string
  readonly version: number
  readonly status: RunStatus
  readonly key: string | null
  /** Stands in the line of its flow and key: the oldest such run holds the key, the others are `queued`. */
  readonly inLine: boolean
  /** Sequence of the last entry, 0 for none. */
  readonly lastSeq: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt: number | null
  readonly wakeAt: number | null
  /** Error code of a failed or parked run. */
  readonly code: string | null
  /** Times it was resumed after a crash without a new entry since. */
  readonly recoveries: number
  /** Key of the event it was started by (see `EventMessage.key`), `null` when the start carried its input. */
  readonly eventKey: string | null
  readonly parent: { readonly run: string; readonly step: string } | null
  /** Run that this one was started anew from. */
  readonly linked: string | null
}

export interface EntryRow {
  readonly seq: number
  /** Milliseconds since the epoch, stamped by the writer of the entry. */
  readonly at: number
  readonly kind: string
  /** Step it belongs to, `null` for entries of the run itself. */
  readonly step: string | null
  /** Encoded text; its form belongs to the engine, under `format`. */
  readonly body: string
  readonly format: number
}

export interface InboxMessage {
  readonly position: number
  /** `event`: a wait was satisfied, the body is the event's. `child`: a child run ended, the body is its `toParent`. Else the message's `type`. */
  readonly kind: string
  /** Wait, signal or step that it is for. */
  readonly name: string | null
  readonly body: string
  readonly at: number
}

export interface LoadedRun {
  readonly row: RunRow
  /** Encoded input or event that the run was started with. */
  readonly input: string
  readonly entries: readonly EntryRow[]
  readonly inbox: readonly InboxMessage[]
}

export interface EventRow {
  readonly key: string
  readonly type: string
  readonly at: number
  readonly body: string
  /** Runs it started or reached. */
  readonly runs: readonly string[]
}

/** A new run. */
export interface Start {
  readonly run: string
  readonly flow: string
  readonly version: number
  readonly key: string | null
  /** Encoded input; `null` for the event's own body. */
  readonly input: string | null
  readonly parent?: { readonly run: string; readonly step: string }
  readonly linked?: string
}

/** A run that may go on. */
export interface ReachedRun extends RunKey {
  /** It belongs to another node, which hears of it from the journal. */
  readonly elsewhere?: true
}

export type Message = EventMessage | StartMessage | RunMessage | CursorMessage

interface MessageBase {
  readonly tenant: string
  readonly at: number
  /** Values that the bodies refer to, stored in the same commit. */
  readonly values?: readonly StoredValue[]
}

/** An event: stored once with all the runs it starts and all the waits it satisfies. */
export interface EventMessage extends MessageBase {
  readonly kind: 'event'
  /** `<trigger>/<event id>`: a second delivery under the same key is a duplicate, until `dedupeUntil`. */
  readonly key: string
  readonly type: string
  /** Encoded event. */
  readonly body: string
  readonly starts: readonly Start[]
  /** Fields that waits may match on; `null` for a type that no flow waits for. */
  readonly fields: Readonly<Record<string, string>> | null
  /** Kept for waits that come later, until then; 0 where none can. */
  readonly keepUntil: number
  readonly dedupeUntil: number
  /** Moves a schedule's or poll's position in the same commit. */
  readonly cursor?: { readonly name: string; readonly value: string }
}

/** A start without an event. A run id that exists already is a duplicate and changes nothing. */
export interface StartMessage extends MessageBase {
  readonly kind: 'start'
  readonly start: Start & { readonly input: string }
}

/** A message to one run: signal, cancel, decision, retry, child result. */
export interface RunMessage extends MessageBase {
  readonly kind: 'message'
  readonly run: string
  /** A second message with the same id is a duplicate. */
  readonly id: string
  readonly type: string
  readonly name: string | null
  readonly body: string
  /** `living`: an ended run refuses it. `failed`: only a failed run takes it, and becomes ready again. */
  readonly to: 'living' | 'failed'
}

/** Moves a position by itself, without an event. */
export interface CursorMessage {
  readonly kind: 'cursor'
  readonly tenant: string
  readonly at: number
  readonly name: string
  readonly value: string
}

export type DeliverReceipt =
  | {
      readonly outcome: 'written'
      /** New runs, those that may go on at once and those that are queued behind their key. */
      readonly started: readonly {
        readonly run: string
        readonly status: 'ready' | 'queued'
        readonly elsewhere?: true
      }[]
      /** Runs that have something in their inbox now. */
      readonly reached: readonly ReachedRun[]
    }
  /** Known already; `runs` are those that the first delivery started or reached. */
  | { readonly outcome: 'duplicate'; readonly runs: readonly string[] }
  /** There is no such run, or it is not in a state that takes this message. */
  | { readonly outcome: 'refused'; readonly status: RunStatus | null }

/** The next entries of one run, and with them what changes around it. */
export interface Append extends RunKey {
  readonly epoch: number
  /** Sequence of the last entry that the owner knows of; the first new one has the number after it. */
  readonly after: number
  readonly entries: readonly NewEntry[]
  /** Inbox messages that these entries took over. */
  readonly consumed?: readonly number[]
  readonly values?: readonly StoredValue[]
  /** Waits that begin. An event that came since `since` and fits is put into the inbox in the same commit. */
  readonly waits?: readonly NewWait[]
  /** Waits that ended by timeout or otherwise: by step. */
  readonly endedWaits?: readonly string[]
  /** Starts of other runs. */
  readonly starts?: readonly (Start & { readonly input: string })[]
  readonly state?: StateChange
  /** Counts a resumption after a crash. */
  readonly recovery?: true
}

export interface NewEntry {
  readonly at: number
  readonly kind: string
  readonly step: string | null
  readonly body: string
  readonly format: number
}

export interface StoredValue {
  readonly hash: string
  readonly body: string
}

/** One event is given to a run once, and never to the run that it started. */
export interface NewWait {
  readonly step: string
  readonly type: string
  /** All of these fields of the event must be equal; at least one. */
  readonly match: Readonly<Record<string, string>>
  /** Ms since the epoch. `null`: since the run was started, in the order in which the journal took both, whatever the clocks of those who wrote them said. */
  readonly since: number | null
}

export interface StateChange {
  /** A run with a message in its inbox does not become `waiting` or `parked`: it stays `ready`, and the receipt says so. */
  readonly status: RunStatus
  readonly wakeAt: number | null
  readonly code: string | null
  /** Leaves the line of its key; the next in line becomes ready. */
  readonly leaveLine: boolean
  /** For an end: the encoded message to the parent, if it has one. */
  readonly toParent?: string
}

export type AppendReceipt =
  | {
      readonly outcome: 'written'
      /** Runs that became ready: the next in line, started children. */
      readonly readied: readonly ReachedRun[]
      /** Runs that have something in their inbox now: this run itself (a wait that was satisfied at once, or a message that came meanwhile), the parent. */
      readonly reached: readonly ReachedRun[]
    }
  /** These very entries are there already: an earlier commit that seemed lost. */
  | { readonly outcome: 'duplicate' }
  /** Other entries are there, or there is a gap. */
  | { readonly outcome: 'conflict'; readonly lastSeq: number }
  | { readonly outcome: 'fenced'; readonly epoch: number }
