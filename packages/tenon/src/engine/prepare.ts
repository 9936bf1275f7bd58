import { TenonError } from '../base/errors.ts'
import type { AppendReceipt, InboxMessage, LoadedRun, RunRow } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { endOf, type End } from './ending.ts'
import { read, wholeBody, wholeMessage, write, type HistoryEntry, type Written } from './entries.ts'
import { prepareHistory, type History } from './history.ts'
import { decodeEvent, type StoredEvent } from './messages.ts'
import { keepMessages } from './inbox.ts'
import type { FlowPlan } from './plan.ts'

/** A run as it is brought into memory. */
export interface Prepared {
  readonly row: RunRow
  /** Under which this stay in memory writes. */
  readonly epoch: number
  readonly event: StoredEvent
  readonly history: History
  readonly inbox: readonly InboxMessage[]
}

/** A run of this state has something to do; `isHurried` where it was called back before its time. */
export function mayGoOn({ row, inbox }: LoadedRun, now: number, isHurried: boolean): boolean {
  if (row.status === 'ready') return true
  if (row.status === 'waiting') return isHurried || inbox.length > 0 || (row.wakeAt !== null && row.wakeAt <= now)
  return row.status === 'parked' && inbox.length > 0
}

/** Reads a run's journal; does first what needs no code: reopening a failed run, giving up one whose version is gone. `null` when it does not go on. */
export async function prepareRun(loaded: LoadedRun, epoch: number, services: Services): Promise<Prepared | null> {
  const { row } = loaded
  const inbox = await Promise.all(loaded.inbox.map((message) => wholeMessage(message, services.values)))
  const plan = services.planOf(row.flow, row.version)
  const entries = await read(loaded.entries, services.values)
  if (plan === null) return giveUpVersion({ ...loaded, inbox, epoch }, entries, services)
  const last = entries.at(-1)
  if (last?.kind === 'end') return reopen({ row, epoch, inbox, entries }, plan, services)
  const event = decodeEvent(await wholeBody(loaded.input, services.values))
  return { row, epoch, event, history: prepareHistory(entries), inbox }
}

// A message reached a failed run: a person retries it, or has it out of the way.
async function reopen(
  run: Owned & { inbox: readonly InboxMessage[]; entries: readonly HistoryEntry[] },
  plan: FlowPlan,
  services: Services,
): Promise<Prepared | null> {
  const { row, inbox, entries } = run
  const at = services.clock.now()
  const consumed = inbox.map(({ position }) => position)
  if (inbox.some(({ kind }) => kind === 'cancel') || !inbox.some(({ kind }) => kind === 'retry')) {
    const { written, state, values } = endOf(
      { how: 'cancelled', reason: 'cancelled after it had failed' },
      { row, plan, at, failures: [], undone: false },
    )
    await append(run, services, [written], { consumed, state, values })
    return null
  }
  const kept = keepMessages(inbox, entries)
  const body = retriedBody(entries, new Set(kept.map(({ entry }) => entry.step ?? '')))
  const receipt = await append(run, services, [...kept, write('retried', null, at, body)], { consumed })
  if (receipt.outcome !== 'written') return null
  const [reopened] = await services.journal.load([row])
  return reopened === null || reopened === undefined ? null : prepareRun(reopened, run.epoch, services)
}

// The end no longer counts, nor do the failures that led to it, with their tries. A step whose provider said no gets a new key.
// The end gave up the waits that were open; they begin anew, and find what came meanwhile. `kept` are those that have just got something.
function retriedBody(
  entries: readonly HistoryEntry[],
  kept: ReadonlySet<string>,
): {
  void: number[]
  generations: Record<string, number>
  maybe: string[]
} {
  const end = entries.at(-1)
  const failing = new Set(end?.kind === 'end' ? (end.body.failing ?? []) : [])
  const { generations } = prepareHistory(entries)
  const raised: Record<string, number> = Object.fromEntries(generations)
  const maybe: string[] = []
  const steps = new Set<string>()
  for (const entry of entries) {
    if (!failing.has(entry.seq) || entry.kind !== 'step') continue
    steps.add(entry.step)
    if (entry.body.f === 'answered') raised[entry.step] = (raised[entry.step] ?? 0) + 1
    else maybe.push(entry.step)
  }
  const isOfFailed = (entry: HistoryEntry): boolean =>
    steps.has(entry.step) && ['begun', 'attempt', 'sending', 'unknown', 'decision'].includes(entry.kind)
  const finished = new Set(entries.filter(({ kind }) => kind === 'step').map(({ step }) => step))
  const isOpenWait = (entry: HistoryEntry): boolean =>
    entry.kind === 'begun' && entry.body.t === 'wait' && !finished.has(entry.step) && !kept.has(entry.step)
  // A failed run that was stopped was stopped by its time limit, which begins anew.
  const isTimeUp = (entry: HistoryEntry): boolean => entry.kind === 'cancel'
  const dropped = entries
    .filter((entry) => failing.has(entry.seq) || isOfFailed(entry) || isOpenWait(entry) || isTimeUp(entry))
    .map((entry) => entry.seq)
  return { void: end === undefined ? dropped : [...dropped, end.seq], generations: raised, maybe }
}

async function giveUpVersion(
  loaded: LoadedRun & Owned,
  entries: readonly HistoryEntry[],
  services: Services,
): Promise<null> {
  const { row } = loaded
  const at = services.clock.now()
  const message = `the app no longer holds flow ${row.flow} in version ${row.version}; add that version again and retry the run`
  const parked = write('parked', null, at, {
    code: 'DIVERGED',
    message,
    expected: `${row.flow} version ${row.version}`,
    found: 'no such version',
  })
  const kept = keepMessages(loaded.inbox, entries)
  const receipt = await append(loaded, services, [...kept, parked], {
    consumed: loaded.inbox.map(({ position }) => position),
    state: { status: 'parked', wakeAt: null, code: 'DIVERGED', leaveLine: false },
  })
  if (receipt.outcome === 'fenced') return null
  services.meter.runParked(row.flow, 'DIVERGED')
  const { tenant, run, flow } = row
  services.emit({ name: 'run.parked', at, tenant, run, flow, code: 'DIVERGED', message })
  return null
}

/** Ends a run that brought the process down each time it was resumed. */
export function writePoisoned(row: RunRow, epoch: number, services: Services): Promise<AppendReceipt> {
  const at = services.clock.now()
  const error = new TenonError(
    'POISONED',
    `resumed ${row.recoveries} times after the process ended, without any progress`,
  )
  const plan = services.planOf(row.flow, row.version)
  services.meter.runEnded(row.flow, 'failed', error.code, at - row.createdAt)
  services.emit({
    name: 'run.failed',
    at,
    tenant: row.tenant,
    run: row.run,
    flow: row.flow,
    tookMs: at - row.createdAt,
    code: error.code,
    message: error.message,
  })
  const facts = { row, plan: plan ?? { skipsBlocked: false }, at, failures: [], undone: false }
  const { written, state, values } = endOf({ how: 'failed', error }, facts)
  return append({ row, epoch }, services, [written], { state, values })
}

type Owned = Pick<Prepared, 'row' | 'epoch'>

async function append(
  { row, epoch }: Owned,
  services: Services,
  written: readonly Written[],
  extra: Partial<Pick<End, 'state' | 'values'>> & { readonly consumed?: readonly number[] },
): Promise<AppendReceipt> {
  const { journal } = services
  const values = [...(extra.values ?? []), ...written.flatMap(({ value }) => value ?? [])]
  const sent = journal.append({
    tenant: row.tenant,
    run: row.run,
    epoch,
    after: row.lastSeq,
    entries: written.map(({ entry }) => entry),
    ...(extra.consumed !== undefined && extra.consumed.length > 0 && { consumed: extra.consumed }),
    ...(extra.state !== undefined && { state: extra.state }),
    ...(values.length > 0 && { values }),
  })
  // Without an answer it may be stored nevertheless, and have set others free.
  const receipt = await sent.catch((error: unknown) => {
    services.heard(null)
    throw error
  })
  services.heard(receipt)
  return receipt
}
