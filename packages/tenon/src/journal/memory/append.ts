import type { Append, AppendReceipt, EntryRow, NewWait, RunKey, StateChange } from '../journal.ts'
import { fits, keepValues, lineOf, put, satisfy, start, wake } from './deliver.ts'
import { partitionOf } from './leases.ts'
import { isEnded, pathOf, runPath, type MemoryState, type StoredRun } from './state.ts'

/** `failed` are the runs of which an earlier append of the same batch was not taken: their later ones build on it. */
export function append(state: MemoryState, write: Append, failed: Set<string>, now: number): AppendReceipt {
  const path = pathOf(write.tenant, write.run)
  const run = state.runs.get(path)
  const epoch =
    state.leases === null ? state.epoch : run === undefined ? write.epoch : partitionOf(state.leases, run).epoch
  if (write.epoch !== epoch) return { outcome: 'fenced', epoch }
  if (run === undefined || failed.has(path) || write.after !== run.lastSeq) {
    if (run !== undefined && !failed.has(path) && isThere(run, write)) return { outcome: 'duplicate' }
    failed.add(path)
    return { outcome: 'conflict', lastSeq: run?.lastSeq ?? 0 }
  }
  return take(state, run, write, write.entries.at(-1)?.at ?? now)
}

function isThere(run: StoredRun, { after, entries }: Append): boolean {
  return entries.length > 0 && entries.every((entry, index) => isSame(run.entries[after + index], entry))
}

function isSame(stored: EntryRow | undefined, entry: Omit<EntryRow, 'seq'>): boolean {
  return (
    stored !== undefined &&
    stored.at === entry.at &&
    stored.kind === entry.kind &&
    stored.step === entry.step &&
    stored.body === entry.body &&
    stored.format === entry.format
  )
}

function take(state: MemoryState, run: StoredRun, write: Append, at: number): AppendReceipt {
  for (const { kind, step, body, format, at: entryAt } of write.entries)
    run.entries.push({ seq: ++run.lastSeq, at: entryAt, kind, step, body, format })
  if (write.recovery === true) run.recoveries += 1
  else if (write.entries.length > 0) run.recoveries = 0
  const consumed = new Set(write.consumed)
  run.inbox = run.inbox.filter((message) => !consumed.has(message.position))
  const ended = new Set(write.endedWaits)
  run.waits = run.waits.filter((wait) => !ended.has(wait.step))
  for (const wait of write.waits ?? []) beginWait(state, run, wait)
  const children = (write.starts ?? [])
    .map((one) => start(state, run.tenant, one, { at, event: null }))
    .filter((child) => child !== null)
  const readied = children.filter((child) => child.status === 'ready')
  const parent = write.state === undefined ? null : change(state, run, write.state, { at, readied })
  keepValues(state, write.values, [run, ...children, ...(parent === null ? [] : [parent])].map(runPath))
  const reached = run.inbox.length > 0 && !isEnded(run) ? [run] : []
  if (parent !== null && !isEnded(parent)) reached.push(parent)
  return { outcome: 'written', readied: readied.map(keyOf), reached: reached.map(keyOf) }
}

function keyOf(run: RunKey): RunKey {
  return { tenant: run.tenant, run: run.run }
}

function beginWait(state: MemoryState, run: StoredRun, wait: NewWait): void {
  run.waits = [...run.waits.filter((other) => other.step !== wait.step), wait]
  for (const event of state.events.values()) {
    if (event.tenant !== run.tenant || event.keepUntil <= event.at) continue
    if (wait.since === null ? event.number < run.number : event.at < wait.since) continue
    if (!fits(event, wait) || event.runNumbers.has(run.number)) continue
    satisfy(state, run, wait.step, event)
    return
  }
}

/** The parent that got a message, if any. */
function change(
  state: MemoryState,
  run: StoredRun,
  next: StateChange,
  { at, readied }: { at: number; readied: StoredRun[] },
): StoredRun | null {
  const isHeldBack = (next.status === 'waiting' || next.status === 'parked') && run.inbox.length > 0
  run.status = isHeldBack ? 'ready' : next.status
  run.wakeAt = run.status === 'waiting' ? next.wakeAt : null
  run.code = isHeldBack ? null : next.code
  run.endedAt = isEnded(run) ? at : null
  run.updatedAt = Math.max(run.updatedAt, at)
  if (next.leaveLine) leaveLine(state, run, { at, readied })
  if (!isEnded(run)) {
    state.open.add(run)
    return null
  }
  state.open.delete(run)
  if (run.status !== 'failed') run.waits = []
  return next.toParent === undefined ? null : tellParent(state, run, next.toParent, at)
}

function leaveLine(state: MemoryState, run: StoredRun, { at, readied }: { at: number; readied: StoredRun[] }): void {
  if (!run.inLine || run.key === null) return
  const line = lineOf(state, run.tenant, run.flow, run.key)
  line.splice(line.indexOf(run), 1)
  run.inLine = false
  const next = line[0]
  if (next === undefined) state.lines.delete(`${run.tenant}\n${run.flow}\n${run.key}`)
  if (next?.status !== 'queued') return
  wake(state, next, at)
  readied.push(next)
}

function tellParent(state: MemoryState, run: StoredRun, body: string, at: number): StoredRun | null {
  const parent = run.parent === null ? undefined : state.runs.get(pathOf(run.tenant, run.parent.run))
  const id = `child/${run.run}/${run.lastSeq}`
  if (parent === undefined || run.parent === null || parent.messages.has(id)) return null
  parent.messages.add(id)
  put(state, parent, { kind: 'child', name: run.parent.step, body, at })
  return parent
}
