import type { DatabaseSync } from 'node:sqlite'
import type { RunStatus, Start } from '../journal.ts'
import type { DedupeIndex } from './dedupe.ts'
import type { RedoLog } from './log.ts'
import { blockSize, heldStatuses, statusCode, statuses, statusOf } from './schema.ts'
import type { Statements } from './statements.ts'
import type { WireEvent } from './wire.ts'

/** What the writer holds beside the file: everything here can be read back from it. */
export interface Store {
  readonly db: DatabaseSync
  readonly run: Statements
  epoch: number
  batch: number
  lastNumber: number
  seed: number
  readonly dedupe: DedupeIndex
  readonly log: RedoLog
  /** What the log holds and the tables do not. */
  pending: Pending
  /** Runs lately written, so that an append need not read. */
  readonly live: Map<string, LiveRun>
  /** What is noted of each flow, by tenant. */
  flows: Map<string, FlowNotes>
  lastFlow: FlowNotes | null
  /** Combinations of fields that waits match on, by tenant and type. */
  readonly shapes: Map<string, string[][]>
}

interface FlowNotes {
  readonly tenant: string
  readonly flow: string
  /** By how much its runs of each status have changed in this batch. */
  readonly changes: number[]
  isChanged: boolean
  /** The latest block of numbers that is known to hold runs of it. */
  block: number
}

export interface LiveRun {
  readonly number: number
  readonly tenant: string
  readonly run: string
  readonly flow: string
  readonly key: string | null
  readonly parentRun: string | null
  readonly parentStep: string | null
  status: RunStatus
  inLine: boolean
  /** It is new since the start of the process, and has had neither wait nor message. */
  isPlain: boolean
  recoveries: number
  lastSeq: number
  inboxCount: number
}

/** What is in the log and in memory, but not in the tables yet. */
export interface Pending {
  writes: number
  bytes: number
  readonly events: { readonly number: number; readonly message: WireEvent }[]
  readonly runs: Map<number, PendingRun>
}

/** One run's share, folded: however many appends there were, the tables are told once. */
export interface PendingRun {
  readonly live: LiveRun
  /** `null` for a run that the tables have. */
  readonly born: { readonly start: Start; readonly at: number; readonly event: number } | null
  packed: string
  at: number
  endedAt: number | null
}

const mostLive = 20_000

export function addShape(store: Store, path: string, names: string[]): void {
  const shapes = store.shapes.get(path)
  if (shapes === undefined) store.shapes.set(path, [names])
  else shapes.push(names)
}

// A newline cannot be part of an id, so that no two pairs make the same text.
export function pathOf(tenant: string, id: string): string {
  return `${tenant}\n${id}`
}

export function keepLive(store: Store, run: LiveRun): LiveRun {
  // The oldest goes: a map keeps the order of insertion.
  if (store.live.size >= mostLive) {
    for (const oldest of store.live.keys()) {
      store.live.delete(oldest)
      break
    }
  }
  store.live.set(pathOf(run.tenant, run.run), run)
  return run
}

export function liveRun(store: Store, tenant: string, run: string): LiveRun | null {
  return store.live.get(pathOf(tenant, run)) ?? fromRow(store, store.run.liveById.get(tenant, run))
}

export function liveRunByNumber(store: Store, number: number): LiveRun | null {
  const row = store.run.liveByNumber.get(number)
  if (row === undefined) return null
  return store.live.get(pathOf(row['tenant'] as string, row['run'] as string)) ?? fromRow(store, row)
}

function fromRow(store: Store, row: Record<string, unknown> | undefined): LiveRun | null {
  if (row === undefined) return null
  return keepLive(store, {
    number: row['number'] as number,
    tenant: row['tenant'] as string,
    run: row['run'] as string,
    flow: row['flow'] as string,
    key: row['key'] as string | null,
    parentRun: row['parent_run'] as string | null,
    parentStep: row['parent_step'] as string | null,
    status: statusOf(row['status']),
    inLine: row['in_line'] === 1,
    isPlain: false,
    recoveries: row['recoveries'] as number,
    lastSeq: row['last_seq'] as number,
    inboxCount: row['inbox_count'] as number,
  })
}

export function isEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

export function countStatus(store: Store, of: OfFlow, status: RunStatus, by: 1 | -1): void {
  const notes = notesOf(store, of)
  const code = statusCode[status]
  notes.changes[code] = (notes.changes[code] ?? 0) + by
  notes.isChanged = true
}

type OfFlow = Pick<LiveRun, 'tenant' | 'flow'>

function notesOf(store: Store, { tenant, flow }: OfFlow): FlowNotes {
  // Mostly the one of the write before.
  const last = store.lastFlow
  if (last !== null && last.flow === flow && last.tenant === tenant) return last
  const path = pathOf(tenant, flow)
  let notes = store.flows.get(path)
  if (notes === undefined) {
    notes = { tenant, flow, changes: statuses.map(() => 0), isChanged: false, block: -1 }
    store.flows.set(path, notes)
  }
  store.lastFlow = notes
  return notes
}

/** A new run is found among those of its flow: noted once for each block of numbers. */
export function noteZone(store: Store, of: OfFlow, number: number): void {
  const block = Math.floor(number / blockSize)
  const notes = notesOf(store, of)
  if (notes.block === block) return
  notes.block = block
  store.run.insertZone.run(of.tenant, of.flow, block)
}

export interface StatusChange {
  readonly status: RunStatus
  readonly wakeAt: number | null
  readonly code: string | null
  readonly at: number
}

export function setStatus(store: Store, run: LiveRun, { status, wakeAt, code, at }: StatusChange): void {
  const endedAt = isEnded(status) ? at : null
  if (status === 'completed' && run.status === 'ready') store.run.completeRun.run(at, run.number)
  else {
    const wake = status === 'waiting' ? wakeAt : null
    store.run.setState.run(statusCode[status], heldCode(status), wake, code, endedAt, at, run.number)
  }
  countStatus(store, run, run.status, -1)
  countStatus(store, run, status, 1)
  run.status = status
}

export function heldCode(status: RunStatus): number | null {
  return heldStatuses.has(status) ? statusCode[status] : null
}

export function setReady(store: Store, run: LiveRun, at: number): void {
  setStatus(store, run, { status: 'ready', wakeAt: null, code: null, at })
}

/** Writes what belongs to the batch as a whole; the last thing before its commit. `events` are those that it brings, besides the ones that were pending. */
export function writeTotals(store: Store, events: number): void {
  // Twice as many keys as are added: a merge ends before the next has to begin.
  store.dedupe.merge(2 * (events + store.pending.events.length))
  writeTally(store)
  store.batch += 1
  store.run.writeMeta.run(store.batch, store.lastNumber, store.dedupe.merged())
}

export function writeTally(store: Store): void {
  for (const notes of store.flows.values()) {
    if (!notes.isChanged) continue
    notes.isChanged = false
    notes.changes.forEach((runs, status) => {
      if (runs !== 0) store.run.addTally.run(notes.tenant, notes.flow, status, runs)
      notes.changes[status] = 0
    })
  }
}
