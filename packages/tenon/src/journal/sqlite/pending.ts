import type { Start } from '../journal.ts'
import { countStatus, keepLive, liveRun, noteZone, pathOf, type LiveRun, type PendingRun, type Store } from './store.ts'
import { statusCode } from './schema.ts'
import type { WireAppend, WireEvent, WireWrite } from './wire.ts'

const mostStarts = 16

/**
 * Whether all of these can be answered from memory alone, and all with the plain answer: runs without key, wait, message or value that start, go on and
 * complete. It changes nothing.
 */
export function isPlain(store: Store, writes: readonly WireWrite[]): boolean {
  const seen = new Set<string | number>()
  const isFirst = (name: string | number): boolean => seen.size !== seen.add(name).size
  return writes.every((write) => {
    switch (write.kind) {
      case 'event':
        return isPlainEvent(store, write, isFirst)
      case 'append':
        return isPlainAppend(store, write) && isFirst(pathOf(write.tenant, write.run))
      default:
        return false
    }
  })
}

function isPlainEvent(
  store: Store,
  { tenant, key, starts, rest }: WireEvent,
  isFirst: (name: string | number) => boolean,
): boolean {
  if (rest !== null || starts.length > mostStarts) return false
  const hash = store.dedupe.hash(tenant, key)
  if (!isFirst(hash) || store.dedupe.find(hash).length > 0) return false
  return starts.every(
    (start) =>
      start.key === null &&
      start.parent === undefined &&
      start.linked === undefined &&
      isFirst(pathOf(tenant, start.run)) &&
      !store.live.has(pathOf(tenant, start.run)) &&
      store.run.hasRun.get(tenant, start.run) === undefined,
  )
}

function isPlainAppend(store: Store, { tenant, run, epoch, after, count, rest, state }: WireAppend): boolean {
  if (rest !== null || count === 0 || epoch !== store.epoch) return false
  if (state !== null && state.status !== 'completed') return false
  const live = store.live.get(pathOf(tenant, run))
  return live !== undefined && live.isPlain && live.status === 'ready' && after === live.lastSeq
}

/** Takes in writes that are plain and durable. */
export function fold(store: Store, writes: readonly WireWrite[], bytes: number): void {
  for (const write of writes) {
    if (write.kind === 'event') foldEvent(store, write)
    else if (write.kind === 'append') foldAppend(store, write)
    else throw new Error(`the log holds a write of kind ${write.kind}, which it never takes`)
  }
  store.pending.writes += writes.length
  store.pending.bytes += bytes
}

function foldEvent(store: Store, message: WireEvent): void {
  const { tenant, key, at, starts } = message
  const event = ++store.lastNumber
  for (const start of starts) {
    const live = keepLive(store, freshLive(++store.lastNumber, tenant, start))
    store.pending.runs.set(live.number, { live, born: { start, at, event }, packed: '', at: 0, endedAt: null })
    countStatus(store, live, 'ready', 1)
  }
  store.pending.events.push({ number: event, message })
  store.dedupe.add(store.dedupe.hash(tenant, key), event)
}

function freshLive(number: number, tenant: string, { run, flow }: Start): LiveRun {
  return {
    number,
    tenant,
    run,
    flow,
    key: null,
    parentRun: null,
    parentStep: null,
    status: 'ready',
    inLine: false,
    isPlain: true,
    recoveries: 0,
    lastSeq: 0,
    inboxCount: 0,
  }
}

function foldAppend(store: Store, { tenant, run, count, packed, at, state }: WireAppend): void {
  const path = pathOf(tenant, run)
  // After a start, or a batch that was rolled back, only the tables may know it.
  const live = liveRun(store, tenant, run)
  if (live === null) throw new Error(`the log goes on with run ${run}, which is not known`)
  let pending = store.pending.runs.get(live.number)
  if (pending === undefined)
    store.pending.runs.set(live.number, (pending = { live, born: null, packed: '', at: 0, endedAt: null }))
  live.lastSeq += count
  pending.packed += packed
  pending.at = at
  if (state === null) return
  pending.endedAt = at
  live.status = 'completed'
  countStatus(store, live, 'ready', -1)
  countStatus(store, live, 'completed', 1)
  store.live.delete(path)
}

/** Writes it into the tables, within a transaction. Nothing is forgotten before that is committed. */
export function apply(store: Store): void {
  const { run, pending } = store
  for (const { number, message } of pending.events) {
    const { tenant, key, type, at, dedupeUntil, keepUntil, starts, body } = message
    const ids = starts.map((start) => start.run).join(' ')
    run.insertEvent.run(number, tenant, key, type, at, dedupeUntil, Math.max(dedupeUntil, keepUntil), ids, null, body)
  }
  for (const [number, { live, born, packed, at, endedAt }] of pending.runs) {
    if (born !== null) insertRun(store, live, born, endedAt)
    else if (endedAt !== null) run.completeRun.run(endedAt, number)
    if (packed !== '') run.insertEntry.run(number, live.lastSeq, at, packed)
  }
}

function insertRun(
  store: Store,
  live: LiveRun,
  { start, at, event }: NonNullable<PendingRun['born']>,
  endedAt: number | null,
): void {
  const { flow, version, input } = start
  const status = statusCode[endedAt === null ? 'ready' : 'completed']
  const updatedAt = Math.max(at, endedAt ?? 0)
  const { number, tenant } = live
  store.run.insertPlainRun.run(number, tenant, start.run, flow, version, status, at, updatedAt, endedAt, event, input)
  noteZone(store, live, number)
}
