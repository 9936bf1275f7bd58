import { TenonError, type ErrorCode } from '../base/errors.ts'
import type { InboxMessage, NewWait, RunRow, StoredValue } from './journal.ts'

/**
 * One end of a move: a journal at rest, read and written row by row. Each kind of journal gives the same rows, so that any of them can become any other. Numbers are kept:
 * they are the order of arrival, and rows name each other by them.
 */
export interface JournalTransfer {
  /** Folder, or hosts and database: for messages and marks. */
  readonly name: string
  /** Code of what is wrong with this end. */
  readonly unusable: ErrorCode
  /** Where it stands in a move; `null` for a journal that nobody moved. */
  mark(): Promise<TransferMark | null>
  /** Replaces the mark by what `change` makes of it, nobody coming between; durable when it resolves. What `change` throws changes nothing. */
  changeMark(change: (mark: TransferMark | null) => TransferMark | null): Promise<TransferMark | null>
  /** Whoever has it in hands, in words; `null` for nobody. */
  holder(): Promise<string | null>
  isEmpty(): Promise<boolean>
  /** False where the last owner ended badly, so that its runs are resumed with care. */
  closedCleanly(): Promise<boolean>
  /** All of it, from the beginning or after a position, some rows at a time. */
  pages(after: string | null): AsyncIterable<TransferPage>
  /** Makes the tables where there are none. */
  prepare(): Promise<void>
  /** Takes rows in, in the order of `pages`; durable when it resolves. Rows that are there already change nothing. */
  put(rows: readonly TransferRow[]): Promise<void>
  /** After the last row, and again after a crash: makes of the rows a journal that can be used. */
  complete(from: { readonly closedCleanly: boolean }): Promise<void>
  close(): Promise<void>
}

export interface TransferPage {
  readonly rows: readonly TransferRow[]
  /** Of the last of them. */
  readonly position: string
}

export type TransferRow = ValueTransfer | EventTransfer | RunTransfer | CursorTransfer

/** In this order. */
export const transferKinds = ['value', 'event', 'run', 'cursor'] as const

export interface ValueTransfer extends StoredValue {
  readonly kind: 'value'
}

export interface CursorTransfer {
  readonly kind: 'cursor'
  readonly tenant: string
  readonly name: string
  readonly value: string
}

export interface EventTransfer {
  readonly kind: 'event'
  readonly number: number
  readonly tenant: string
  readonly key: string
  readonly type: string
  readonly at: number
  readonly dedupeUntil: number
  /** When it may be deleted; `null` for one that is past its time, and kept for its runs only. */
  readonly expires: number | null
  readonly fields: Readonly<Record<string, string>> | null
  /** Waits that begin later find it. */
  readonly isKept: boolean
  readonly body: string
  /** Runs that it started, by id, deleted ones among them. */
  readonly starts: readonly string[]
  /** Other runs that it was given to. */
  readonly reached: readonly { readonly number: number; readonly run: string }[]
  /** Hashes of the values that it holds. */
  readonly values: readonly string[]
}

/** A run with all that hangs on it. */
export interface RunTransfer extends Omit<RunRow, 'lastSeq' | 'eventKey'> {
  readonly kind: 'run'
  readonly number: number
  /** Number of the event that started it. */
  readonly event: number | null
  /** `null` for the event's own body. */
  readonly input: string | null
  /** By append: the sequence and the time of its last entry, and all of them as `pack` writes them. */
  readonly entries: readonly { readonly seq: number; readonly at: number; readonly packed: string }[]
  readonly inbox: readonly InboxMessage[]
  readonly waits: readonly (Omit<NewWait, 'since'> & { readonly number: number })[]
  /** Ids of the messages that it got. */
  readonly messages: readonly string[]
  readonly values: readonly string[]
}

/**
 * What a journal remembers of a move. `leaving`, `moved`: it was the source. `arriving`, `arrived`: it is the target, complete or not. `used`: arrived, and somebody has worked on it since.
 * With `leaving`, `moved` and `arriving` nobody may work on it.
 */
export interface TransferMark {
  /** Id of the move. */
  readonly transfer: string
  readonly state: 'leaving' | 'moved' | 'arriving' | 'arrived' | 'used'
  /** Name of the other end. */
  readonly other: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** How far the target is. */
  readonly position: string | null
}

/** What becomes of a mark when a journal is opened for work. Throws for one that nobody may work on. */
export function markAtStart(
  mark: TransferMark | null,
  { name, unusable }: Pick<JournalTransfer, 'name' | 'unusable'>,
): TransferMark | null {
  if (mark === null || mark.state === 'used') return mark
  if (mark.state === 'arrived') return { ...mark, state: 'used' }
  const ends = mark.state === 'arriving' ? { from: mark.other, to: name } : { from: name, to: mark.other }
  throw new TenonError(
    unusable,
    `${name} ${wordsOf(mark)}. To finish: npx tenon migrate --from ${ends.from} --to ${ends.to}. To take it back: the same with --take-back. (A database is named by its whole URL.)`,
    { details: { transfer: mark.transfer, state: mark.state, other: mark.other } },
  )
}

function wordsOf({ state, other, at }: TransferMark): string {
  const day = new Date(at).toISOString().slice(0, 16).replace('T', ' ')
  if (state === 'moved') return `was moved to ${other} (${day} UTC), and what is here is what it was then. Work there`
  if (state === 'leaving') return `is on its way to ${other} (since ${day} UTC), and that was not finished`
  return `takes in what comes from ${other} (since ${day} UTC), and has not all of it yet`
}

/** Rows of about so many bytes are read, written and held at once. */
export const pageBytes: number = 2 * 1024 * 1024
export const pageRows = 500

/** Pages by kind, each kind from where the last one ended. `read` resolves with no row at the end of its kind. */
export async function* pagesInOrder(
  after: string | null,
  read: (
    kind: TransferRow['kind'],
    after: string | null,
  ) => Promise<{ readonly rows: readonly TransferRow[]; readonly last: string } | null>,
): AsyncIterable<TransferPage> {
  const [first = 'value', ...rest] = after?.split(' ') ?? []
  let last: string | null = after === null ? null : rest.join(' ')
  for (const kind of transferKinds.slice(transferKinds.findIndex((one) => one === first))) {
    for (let page = await read(kind, last); page !== null; page = await read(kind, last)) {
      last = page.last
      yield { rows: page.rows, position: `${kind} ${last}` }
    }
    last = null
  }
}
