import type { Start } from '../journal.ts'
import { countStatus, keepLive, liveRun, noteZone, pathOf, type LiveRun, type PendingRun, type Store } from './store.ts'
import { statusCode } from './schema.ts'
import type { WireAppend, WireEvent, WireWrite } from './wire.ts'

const mostStarts = 16

/** What each of the writes is about: the run that goes on, or the hash of the event's key. */
export type Subjects = readonly (LiveRun | number)[]

/**
 * Whether all of these can be answered from memory alone, and all with the plain answer: runs without key, wait, message or value that start, go on and
 * complete. `null` where they cannot. It changes nothing.
 */
export function plainSubjects(store: Store, writes: readonly WireWrite[]): Subjects | null {
  const subjects: (LiveRun | number)[] = []
  const seen = new Set<LiveRun | number>()
  let hasEvents = false
  for (const write of writes) {
    const subject = subjectOf(store, write)
    if (subject === null || seen.has(subject)) return null
    seen.add(subject)
    subjects.push(subject)
    hasEvents ||= write.kind === 'event'
  }
  return !hasEvents || areNew(store, writes, subjects) ? subjects : null
}

function subjectOf(store: Store, write: WireWrite): LiveRun | number | null {
  if (write.kind === 'event') return isPlainEvent(write) ? store.dedupe.hash(write.tenant, write.key) : null
  if (write.kind !== 'append') return null
  const { tenant, run, epoch, after, count, rest, state } = write
  if (rest !== null || count === 0 || epoch !== store.epoch) return null
  if (state !== null && state.status !== 'completed') return null
  const live = store.live.get(pathOf(tenant, run))
  return live !== undefined && live.isPlain && live.status === 'ready' && after === live.lastSeq ? live : null
}

function isPlainEvent({ starts, rest }: WireEvent): boolean {
  return (
    rest === null &&
    starts.length <= mostStarts &&
    starts.every(({ key, parent, linked }) => key === null && parent === undefined && linked === undefined)
  )
}

/** Whether the events and the runs that they start are known to nobody. In one reading of the tables: each by itself would lock the file anew. */
function areNew(store: Store, writes: readonly WireWrite[], subjects: Subjects): boolean {
  const started = new Set<string>()
  store.run.beginReading.run()
  try {
    return writes.every((write, index) => {
      if (write.kind !== 'event') return true
      if (store.dedupe.find(subjects[index] as number).length > 0) return false
      return write.starts.every(({ run }) => {
        const path = pathOf(write.tenant, run)
        const isFirst = started.size !== started.add(path).size
        return isFirst && !store.live.has(path) && store.run.hasRun.get(write.tenant, run) === undefined
      })
    })
  } finally {
    store.run.rollback.run()
  }
}

/** Takes in writes that are plain and durable; those that are read back from the log come without their subjects. */
export function fold(
  store: Store,
  writes: readonly WireWrite[],
  { bytes, subjects }: { readonly bytes: number; readonly subjects: Subjects | null },
): void {
  for (const [index, write] of writes.entries()) {
    const subject = subjects?.[index]
    if (write.kind === 'event') foldEvent(store, write, subject as number | undefined)
    else if (write.kind === 'append') foldAppend(store, write, subject as LiveRun | undefined)
    else throw new Error(`the log holds a write of kind ${write.kind}, which it never takes`)
  }
  store.pending.writes += writes.length
  store.pending.bytes += bytes
}

function foldEvent(store: Store, message: WireEvent, hash?: number): void {
  const { tenant, key, at, starts } = message
  const event = ++store.lastNumber
  for (const start of starts) {
    const live = keepLive(store, freshLive(++store.lastNumber, tenant, start))
    store.pending.runs.set(live.number, { live, born: { start, at, event }, packed: '', at: 0, endedAt: null })
    countStatus(store, live, 'ready', 1)
  }
  store.pending.events.push({ number: event, message })
  store.dedupe.add(hash ?? store.dedupe.hash(tenant, key), event)
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

function foldAppend(store: Store, { tenant, run, count, packed, at, state }: WireAppend, known?: LiveRun): void {
  // After a start, or a batch that was rolled back, only the tables may know it.
  const live = known ?? liveRun(store, tenant, run)
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
  store.live.delete(pathOf(tenant, run))
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
