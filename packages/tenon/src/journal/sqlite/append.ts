import type { AppendReceipt, RunKey } from '../journal.ts'
import { startRun } from './deliver.ts'
import { keepValues, put } from './inbox.ts'
import { pack, unpack } from '../pack.ts'
import { isEnded, liveRun, liveRunByNumber, pathOf, setReady, setStatus, type LiveRun, type Store } from './store.ts'
import { beginWait } from './waits.ts'
import type { AppendRest, WireAppend, WireState } from './wire.ts'

/** `null`, the commonest: written, and nobody else is concerned. */
export type AppendAnswer = AppendReceipt | null

/** `failed` are the runs of which an earlier append of the same batch was not taken: their later ones build on it. */
export function append(store: Store, write: WireAppend, failed: Set<string>): AppendAnswer {
  if (write.epoch !== store.epoch) return { outcome: 'fenced', epoch: store.epoch }
  const run = liveRun(store, write.tenant, write.run)
  const isFailed = failed.size > 0 && failed.has(pathOf(write.tenant, write.run))
  if (run !== null && !isFailed && write.after === run.lastSeq) return take(store, run, write)
  if (run !== null && !isFailed && isThere(store, run, write)) return { outcome: 'duplicate' }
  failed.add(pathOf(write.tenant, write.run))
  return { outcome: 'conflict', lastSeq: run?.lastSeq ?? 0 }
}

function isThere(store: Store, run: LiveRun, { after, count, packed }: WireAppend): boolean {
  if (count === 0 || after + count > run.lastSeq) return false
  const rows = store.run.entriesAfter.all(run.number, after) as { seq: number; packed: string }[]
  const stored = rows
    .flatMap((row) => unpack(row.packed, row.seq))
    .filter((entry) => entry.seq > after && entry.seq <= after + count)
  return pack(stored) === packed
}

function take(store: Store, run: LiveRun, write: WireAppend): AppendAnswer {
  const { count, at, rest, state } = write
  if (count > 0) {
    run.lastSeq += count
    store.run.insertEntry.run(run.number, run.lastSeq, at, write.packed)
    if (run.recoveries > 0 && rest?.recovery !== true) setRecoveries(store, run, 0)
  }
  const parties: Parties = { readied: [], children: [], parent: null }
  if (rest !== null) takeRest(store, run, { rest, at, parties })
  if (state !== null) change(store, run, { state, at, toParent: rest?.toParent ?? null, parties })
  if (rest !== null && rest.values.length > 0)
    keepValues(store, rest.values, [
      run.number,
      ...parties.children,
      ...(parties.parent === null ? [] : [parties.parent.number]),
    ])
  return receipt(run, parties)
}

interface Parties {
  readonly readied: RunKey[]
  readonly children: number[]
  parent: LiveRun | null
}

function receipt(run: LiveRun, { readied, parent }: Parties): AppendAnswer {
  const reached: RunKey[] = []
  if (run.inboxCount > 0 && !isEnded(run.status)) reached.push({ tenant: run.tenant, run: run.run })
  if (parent !== null && !isEnded(parent.status)) reached.push({ tenant: parent.tenant, run: parent.run })
  return readied.length === 0 && reached.length === 0 ? null : { outcome: 'written', readied, reached }
}

function setRecoveries(store: Store, run: LiveRun, recoveries: number): void {
  run.recoveries = recoveries
  store.run.setRecoveries.run(recoveries, run.number)
}

function takeRest(
  store: Store,
  run: LiveRun,
  { rest, at, parties }: { rest: AppendRest; at: number; parties: Parties },
): void {
  if (rest.recovery) setRecoveries(store, run, run.recoveries + 1)
  for (const position of rest.consumed)
    run.inboxCount -= Number(store.run.deleteInbox.run(position, run.number).changes)
  for (const step of rest.endedWaits) store.run.deleteWait.run(run.number, step)
  for (const wait of rest.waits) beginWait(store, run, wait)
  for (const start of rest.starts) {
    const child = startRun(store, run.tenant, start, { at, event: null })
    if (child === null) continue
    parties.children.push(child.number)
    if (child.status === 'ready') parties.readied.push({ tenant: child.tenant, run: child.run })
  }
}

function change(
  store: Store,
  run: LiveRun,
  { state, at, toParent, parties }: { state: WireState; at: number; toParent: string | null; parties: Parties },
): void {
  const { status, wakeAt, code, leaveLine } = state
  const isHeldBack = run.inboxCount > 0 && (status === 'waiting' || status === 'parked')
  if (isHeldBack) setReady(store, run, at)
  else setStatus(store, run, { status, wakeAt, code, at })
  if (leaveLine && run.inLine) leave(store, run, { at, readied: parties.readied })
  if (!isEnded(run.status)) return
  if (run.status !== 'failed') store.run.deleteWaits.run(run.number)
  if (toParent !== null) parties.parent = tellParent(store, run, { body: toParent, at })
  store.live.delete(pathOf(run.tenant, run.run))
}

/** The run behind becomes ready. */
function leave(store: Store, run: LiveRun, { at, readied }: { at: number; readied: RunKey[] }): void {
  store.run.leaveLine.run(run.number)
  run.inLine = false
  const head = store.run.headOfLine.get(run.tenant, run.flow, run.key) as { number: number } | undefined
  const next = head === undefined ? null : liveRunByNumber(store, head.number)
  if (next?.status !== 'queued') return
  setReady(store, next, at)
  readied.push({ tenant: next.tenant, run: next.run })
}

function tellParent(store: Store, run: LiveRun, { body, at }: { body: string; at: number }): LiveRun | null {
  const parent = run.parentRun === null ? null : liveRun(store, run.tenant, run.parentRun)
  if (parent === null || store.run.insertMessage.run(parent.number, `child/${run.run}/${run.lastSeq}`).changes === 0)
    return null
  put(store, parent, { kind: 'child', name: run.parentStep, body, at })
  return parent
}
