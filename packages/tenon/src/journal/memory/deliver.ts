import type {
  DeliverReceipt,
  EventMessage,
  InboxMessage,
  Message,
  RunKey,
  RunMessage,
  Start,
  StoredValue,
} from '../journal.ts'
import { eventPath, isEnded, pathOf, runPath, type MemoryState, type StoredEvent, type StoredRun } from './state.ts'

export function deliver(state: MemoryState, message: Message): DeliverReceipt {
  switch (message.kind) {
    case 'event':
      return deliverEvent(state, message)
    case 'start': {
      const run = start(state, message.tenant, message.start, { at: message.at, event: null })
      if (run === null) return { outcome: 'duplicate', runs: [message.start.run] }
      keepValues(state, message.values, [runPath(run)])
      return { outcome: 'written', started: [startedRun(run)], reached: [] }
    }
    case 'cursor':
      state.cursors.set(pathOf(message.tenant, message.name), message.value)
      return { outcome: 'written', started: [], reached: [] }
    default:
      return deliverToRun(state, message)
  }
}

function deliverEvent(state: MemoryState, message: EventMessage): DeliverReceipt {
  const { tenant, key, at } = message
  if (message.cursor !== undefined) state.cursors.set(pathOf(tenant, message.cursor.name), message.cursor.value)
  const known = state.events.get(state.eventOfKey.get(pathOf(tenant, key)) ?? -1)
  if (known !== undefined && at < known.dedupeUntil) return { outcome: 'duplicate', runs: [...known.runs] }
  const { type, body, fields, keepUntil, dedupeUntil } = message
  const event: StoredEvent = {
    number: ++state.lastNumber,
    tenant,
    key,
    type,
    at,
    body,
    fields,
    keepUntil,
    dedupeUntil,
    runs: [],
    runNumbers: new Set(),
  }
  state.events.set(event.number, event)
  state.eventOfKey.set(pathOf(tenant, key), event.number)
  keepValues(state, message.values, [eventPath(event)])
  const started = message.starts.map((one) => start(state, tenant, one, { at, event })).filter((run) => run !== null)
  const reached = satisfyWaits(state, event)
  return { outcome: 'written', started: started.map(startedRun), reached }
}

function startedRun(run: StoredRun): { run: string; status: 'ready' | 'queued' } {
  return { run: run.run, status: run.status === 'queued' ? 'queued' : 'ready' }
}

/** The new run, or `null` when there is one with that id. */
export function start(
  state: MemoryState,
  tenant: string,
  one: Start,
  from: { at: number; event: StoredEvent | null },
): StoredRun | null {
  const path = pathOf(tenant, one.run)
  if (state.runs.has(path)) return null
  const line = one.key === null ? null : lineOf(state, tenant, one.flow, one.key)
  const run: StoredRun = {
    tenant,
    run: one.run,
    flow: one.flow,
    version: one.version,
    status: line !== null && line.length > 0 ? 'queued' : 'ready',
    key: one.key,
    inLine: line !== null,
    lastSeq: 0,
    createdAt: from.at,
    updatedAt: from.at,
    endedAt: null,
    wakeAt: null,
    code: null,
    recoveries: 0,
    eventKey: one.input === null ? (from.event?.key ?? null) : null,
    parent: one.parent ?? null,
    linked: one.linked ?? null,
    number: ++state.lastNumber,
    event: from.event?.number ?? null,
    input: one.input,
    entries: [],
    inbox: [],
    waits: [],
    messages: new Set(),
  }
  state.runs.set(path, run)
  state.open.add(run)
  line?.push(run)
  if (from.event !== null) give(from.event, run)
  return run
}

function give(event: StoredEvent, run: StoredRun): void {
  event.runs.push(run.run)
  event.runNumbers.add(run.number)
}

export function lineOf(state: MemoryState, tenant: string, flow: string, key: string): StoredRun[] {
  const path = `${tenant}\n${flow}\n${key}`
  let line = state.lines.get(path)
  if (line === undefined) state.lines.set(path, (line = []))
  return line
}

function satisfyWaits(state: MemoryState, event: StoredEvent): RunKey[] {
  const reached: RunKey[] = []
  if (event.fields === null) return reached
  const candidates = [...state.runs.values()].filter((run) => run.tenant === event.tenant && run.waits.length > 0)
  for (const run of candidates.toSorted((a, b) => a.number - b.number)) {
    const wait = run.waits.find((one) => fits(event, one))
    if (wait !== undefined && satisfy(state, run, wait.step, event)) reached.push({ tenant: run.tenant, run: run.run })
  }
  return reached
}

export function fits(
  event: StoredEvent,
  wait: { readonly type: string; readonly match: Readonly<Record<string, string>> },
): boolean {
  const { fields } = event
  return (
    fields !== null &&
    event.type === wait.type &&
    Object.entries(wait.match).every(([name, value]) => fields[name] === value)
  )
}

/** Gives the event to that wait, and to no other wait of this run ever; true when the run can go on by it. */
export function satisfy(state: MemoryState, run: StoredRun, step: string, event: StoredEvent): boolean {
  run.waits = run.waits.filter((wait) => wait.step !== step)
  give(event, run)
  return put(state, run, { kind: 'event', name: step, body: event.body, at: event.at })
}

function deliverToRun(state: MemoryState, message: RunMessage): DeliverReceipt {
  const run = state.runs.get(pathOf(message.tenant, message.run))
  if (run === undefined) return { outcome: 'refused', status: null }
  if (run.messages.has(message.id)) return { outcome: 'duplicate', runs: [run.run] }
  if (message.to === 'failed' ? run.status !== 'failed' : isEnded(run))
    return { outcome: 'refused', status: run.status }
  run.messages.add(message.id)
  if (message.to === 'failed') wake(state, run, message.at)
  put(state, run, { kind: message.type, name: message.name, body: message.body, at: message.at })
  keepValues(state, message.values, [runPath(run)])
  return { outcome: 'written', started: [], reached: [{ tenant: run.tenant, run: run.run }] }
}

/** Puts a message into the inbox of a run, which may go on then. A failed run keeps it in case that it is retried; true when the run is not ended. */
export function put(state: MemoryState, run: StoredRun, message: Omit<InboxMessage, 'position'>): boolean {
  if (run.status === 'completed' || run.status === 'cancelled') return false
  run.inbox.push({ position: ++state.lastNumber, ...message })
  if (run.status === 'waiting' || run.status === 'parked') wake(state, run, message.at)
  return run.status !== 'failed'
}

export function wake(state: MemoryState, run: StoredRun, at: number): void {
  Object.assign(run, {
    status: 'ready',
    wakeAt: null,
    code: null,
    endedAt: null,
    updatedAt: Math.max(run.updatedAt, at),
  })
  state.open.add(run)
}

export function keepValues(
  state: MemoryState,
  values: readonly StoredValue[] | undefined,
  owners: readonly string[],
): void {
  for (const { hash, body } of values ?? []) {
    const value = state.values.get(hash) ?? { body, owners: new Set<string>() }
    for (const owner of owners) value.owners.add(owner)
    state.values.set(hash, value)
  }
}
