import { encode } from '../../base/json.ts'
import type { DeliverReceipt, EventRow, RunKey, RunMessage, Start, StartMessage } from '../journal.ts'
import { keepValues, put } from './inbox.ts'
import { statusCode } from './schema.ts'
import {
  countStatus,
  heldCode,
  isEnded,
  keepLive,
  liveRun,
  noteZone,
  setReady,
  type LiveRun,
  type Store,
} from './store.ts'
import { keepForWaits, satisfyWaits, type StoredEvent } from './waits.ts'
import type { WireEvent } from './wire.ts'

/** `null`, the commonest: all starts made, all ready, no other run reached. */
export type DeliverAnswer = DeliverReceipt | null

export function deliverEvent(store: Store, message: WireEvent): DeliverAnswer {
  const { tenant, key, at, rest } = message
  const cursor = rest?.cursor ?? null
  if (cursor !== null) store.run.setCursor.run(tenant, cursor.name, cursor.value)
  const hash = store.dedupe.hash(tenant, key)
  const known = latestEvent(store, hash, message)
  if (known !== null && at < known.dedupe_until) return { outcome: 'duplicate', runs: runsOfEvent(store, known) }
  const number = ++store.lastNumber
  const started: { run: string; status: 'ready' | 'queued' }[] = []
  for (const start of message.starts) {
    const run = startRun(store, tenant, start, { at, event: number })
    if (run !== null) started.push({ run: run.run, status: run.status === 'queued' ? 'queued' : 'ready' })
  }
  const reached = insertEvent(store, message, { number, starts: started.map((start) => start.run).join(' ') })
  store.dedupe.add(hash, number)
  const isPlain =
    started.length === message.starts.length &&
    reached.length === 0 &&
    started.every((start) => start.status === 'ready')
  return isPlain ? null : { outcome: 'written', started, reached }
}

function insertEvent(
  store: Store,
  message: WireEvent,
  { number, starts }: { number: number; starts: string },
): RunKey[] {
  const { tenant, key, type, at, body, dedupeUntil, keepUntil, rest } = message
  const fields = rest?.fields ?? null
  const expires = Math.max(dedupeUntil, keepUntil)
  store.run.insertEvent.run(
    number,
    tenant,
    key,
    type,
    at,
    dedupeUntil,
    expires,
    starts,
    fields === null ? null : encode(fields),
    body,
  )
  if (rest === null) return []
  keepValues(store, rest.values, [number])
  if (fields === null) return []
  const event = { number, tenant, type, at, body, fields }
  if (keepUntil > at) keepForWaits(store, event)
  return satisfyWaits(store, event)
}

/** The latest event under this key. */
function latestEvent(store: Store, hash: number, { tenant, key }: { tenant: string; key: string }): StoredEvent | null {
  for (const number of store.dedupe.find(hash).toSorted((a, b) => b - a)) {
    const event = store.run.eventByNumber.get(number) as StoredEvent | undefined
    if (event?.tenant === tenant && event.key === key) return event
  }
  return null
}

export function readEvent(store: Store, tenant: string, key: string): EventRow | null {
  const event = latestEvent(store, store.dedupe.hash(tenant, key), { tenant, key })
  if (event === null) return null
  return { key, type: event.type, at: event.at, body: event.body, runs: runsOfEvent(store, event) }
}

function runsOfEvent(store: Store, event: StoredEvent): string[] {
  const reached = store.run.reachOfEvent.all(event.number) as { id: string }[]
  return [...startsOf(event), ...reached.map((row) => row.id)]
}

export function startsOf(event: { readonly starts: string }): string[] {
  return event.starts === '' ? [] : event.starts.split(' ')
}

export function deliverStart(store: Store, message: StartMessage): DeliverAnswer {
  const run = startRun(store, message.tenant, message.start, { at: message.at, event: null })
  if (run === null) return { outcome: 'duplicate', runs: [message.start.run] }
  keepValues(store, message.values, [run.number])
  return {
    outcome: 'written',
    started: [{ run: run.run, status: run.status === 'queued' ? 'queued' : 'ready' }],
    reached: [],
  }
}

/** The new run, or `null` when there is one with that id. */
export function startRun(
  store: Store,
  tenant: string,
  start: Start,
  from: { readonly at: number; readonly event: number | null },
): LiveRun | null {
  const { run, flow, version, key, input, parent, linked } = start
  const isBehind = key !== null && store.run.headOfLine.get(tenant, flow, key) !== undefined
  const status = isBehind ? 'queued' : 'ready'
  const number = store.lastNumber + 1
  const parentRun = parent?.run ?? null
  const parentStep = parent?.step ?? null
  const inLine = key !== null
  const state = [
    statusCode[status],
    key,
    inLine ? 1 : 0,
    from.at,
    from.event,
    parentRun,
    parentStep,
    linked ?? null,
    input,
    heldCode(status),
  ] as const
  if (store.run.insertRun.run(number, tenant, run, flow, version, ...state).changes === 0) return null
  store.lastNumber = number
  const live = keepLive(store, {
    number,
    tenant,
    run,
    flow,
    key,
    parentRun,
    parentStep,
    status,
    inLine,
    isPlain: key === null,
    recoveries: 0,
    lastSeq: 0,
    inboxCount: 0,
  })
  countStatus(store, live, status, 1)
  noteZone(store, live, number)
  return live
}

export function deliverMessage(store: Store, message: RunMessage): DeliverAnswer {
  const run = liveRun(store, message.tenant, message.run)
  if (run === null) return { outcome: 'refused', status: null }
  if (store.run.hasMessage.get(run.number, message.id) !== undefined) return { outcome: 'duplicate', runs: [run.run] }
  if (message.to === 'failed' ? run.status !== 'failed' : isEnded(run.status))
    return { outcome: 'refused', status: run.status }
  store.run.insertMessage.run(run.number, message.id)
  if (message.to === 'failed') setReady(store, run, message.at)
  put(store, run, { kind: message.type, name: message.name, body: message.body, at: message.at })
  keepValues(store, message.values, [run.number])
  return { outcome: 'written', started: [], reached: [{ tenant: run.tenant, run: run.run }] }
}
