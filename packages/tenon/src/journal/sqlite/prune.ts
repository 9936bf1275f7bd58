import { decode } from '../../base/json.ts'
import { startsOf } from './deliver.ts'
import { countStatus, pathOf, type Store } from './store.ts'
import { statusOf } from './schema.ts'
import { hashesOfFields } from './waits.ts'

export interface PruneQuery {
  readonly now: number
  readonly endedBefore: number
  readonly limit: number
}

interface OldRun {
  readonly number: number
  readonly tenant: string
  readonly run: string
  readonly flow: string
  readonly status: number
  readonly event: number | null
}

interface OldEvent {
  readonly number: number
  readonly tenant: string
  readonly key: string
  readonly type: string
  readonly starts: string
  readonly fields: string | null
}

/** One slice of retention, in a transaction of its own; true when there is more to delete. */
export function prune(store: Store, { now, endedBefore, limit }: PruneQuery): boolean {
  let budget = deleteLeftovers(store, limit)
  const runs = store.run.endedRuns.all(endedBefore, limit + 1) as unknown as OldRun[]
  let pruned = 0
  for (const run of runs.slice(0, limit)) {
    if (budget <= 0) break
    budget -= deleteRun(store, run, budget)
    pruned += 1
  }
  const events = store.run.expiredEvents.all(now, limit + 1) as unknown as OldEvent[]
  for (const event of events.slice(0, limit)) {
    // Its last run takes it along.
    if (hasRuns(store, event)) store.run.holdEvent.run(event.number)
    else deleteEvent(store, event)
  }
  const hasMore = runs.length > pruned || events.length > limit || store.run.leftovers.get(1) !== undefined
  if (!hasMore) store.run.deleteZones.run()
  return hasMore
}

/** What is left of `limit`. */
function deleteLeftovers(store: Store, limit: number): number {
  let budget = limit
  for (const { run } of store.run.leftovers.all(limit) as { run: number }[]) {
    budget -= deleteEntries(store, run, budget)
    if (budget <= 0) return 0
    store.run.deleteLeftover.run(run)
  }
  return budget
}

function deleteEntries(store: Store, run: number, limit: number): number {
  return Number(store.run.deleteEntries.run(run, limit).changes)
}

function deleteRun(store: Store, run: OldRun, limit: number): number {
  store.run.deleteRun.run(run.number)
  store.live.delete(pathOf(run.tenant, run.run))
  countStatus(store, run, statusOf(run.status), -1)
  const deleted = deleteEntries(store, run.number, limit)
  // A run of ten thousand steps goes in slices, too.
  if (deleted === limit) store.run.insertLeftover.run(run.number)
  store.run.deleteInboxes.run(run.number)
  store.run.deleteMessages.run(run.number)
  store.run.deleteWaits.run(run.number)
  dropValues(store, run.number)
  const reached = store.run.reachOfRun.all(run.number) as { event: number }[]
  for (const number of [run.event, ...reached.map((row) => row.event)]) releaseEvent(store, number)
  return Math.max(1, deleted)
}

/** Deletes an event that is past its time and was kept for its runs only. */
function releaseEvent(store: Store, number: number | null): void {
  const event = number === null ? undefined : (store.run.expiredEvent.get(number) as OldEvent | undefined)
  if (event !== undefined && !hasRuns(store, event)) deleteEvent(store, event)
}

function hasRuns(store: Store, event: OldEvent): boolean {
  if (store.run.hasReached.get(event.number) !== undefined) return true
  return startsOf(event).some((run) => store.run.isStarted.get(event.tenant, run, event.number) !== undefined)
}

function deleteEvent(store: Store, event: OldEvent): void {
  store.run.deleteEvent.run(event.number)
  store.dedupe.remove(store.dedupe.hash(event.tenant, event.key), event.number)
  store.run.deleteReach.run(event.number)
  if (event.fields !== null) {
    const fields = decode(event.fields) as Record<string, string>
    for (const hash of hashesOfFields(store, { ...event, fields })) store.run.deleteField.run(hash, event.number)
  }
  dropValues(store, event.number)
}

function dropValues(store: Store, owner: number): void {
  const values = store.run.valuesOf.all(owner) as { hash: string }[]
  if (values.length === 0) return
  store.run.deleteValueUses.run(owner)
  for (const { hash } of values) store.run.deleteUnusedValue.run(hash)
}
