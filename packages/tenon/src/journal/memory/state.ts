import type { EntryRow, EventRow, InboxMessage, NewWait, RunRow } from '../journal.ts'
import type { Leases } from './leases.ts'

/** Everything that a memory journal holds; plain data, so that `structuredClone` copies it. */
export interface MemoryState {
  /** The latest that was given out. */
  epoch: number
  closedCleanly: boolean
  /** Last number given to a run, an event or an inbox message. */
  lastNumber: number
  readonly runs: Map<string, StoredRun>
  /** Runs that have not ended. */
  readonly open: Set<StoredRun>
  /** Runs in line, oldest first. */
  readonly lines: Map<string, StoredRun[]>
  readonly events: Map<number, StoredEvent>
  readonly eventOfKey: Map<string, number>
  readonly values: Map<string, { readonly body: string; readonly owners: Set<string> }>
  readonly cursors: Map<string, string>
  /** Who owns what in a cluster; `null` where one journal owns all. */
  leases: Leases | null
}

export type StoredRun = { -readonly [Key in keyof RunRow]: RunRow[Key] } & {
  /** Latest change of its status. */
  updatedAt: number
  /** Order of arrival. */
  readonly number: number
  readonly event: number | null
  readonly input: string | null
  readonly entries: EntryRow[]
  inbox: InboxMessage[]
  waits: NewWait[]
  /** Ids of the messages that it got. */
  readonly messages: Set<string>
}

export interface StoredEvent extends Omit<EventRow, 'runs'> {
  readonly number: number
  readonly tenant: string
  readonly fields: Readonly<Record<string, string>> | null
  readonly keepUntil: number
  readonly dedupeUntil: number
  readonly runs: string[]
  /** Numbers of these runs: once a run is deleted, another may take its id. */
  readonly runNumbers: Set<number>
}

export function emptyState(): MemoryState {
  return {
    epoch: 0,
    closedCleanly: true,
    lastNumber: 0,
    runs: new Map(),
    open: new Set(),
    lines: new Map(),
    events: new Map(),
    eventOfKey: new Map(),
    values: new Map(),
    cursors: new Map(),
    leases: null,
  }
}

// A newline cannot be part of an id, so that no two pairs make the same text.
export function pathOf(tenant: string, id: string): string {
  return `${tenant}\n${id}`
}

export function runPath(run: { readonly tenant: string; readonly run: string }): string {
  return `run\n${run.tenant}\n${run.run}`
}

export function eventPath(event: { readonly number: number }): string {
  return `event\n${event.number}`
}

export function isEnded(run: RunRow): boolean {
  return run.status === 'completed' || run.status === 'failed' || run.status === 'cancelled'
}

export function rowOf(run: StoredRun): RunRow {
  const {
    number: _number,
    event: _event,
    input: _input,
    entries,
    inbox: _inbox,
    waits: _waits,
    messages: _messages,
    ...row
  } = run
  return { ...row, updatedAt: Math.max(run.updatedAt, entries.at(-1)?.at ?? 0) }
}
