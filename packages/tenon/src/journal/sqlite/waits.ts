import { decode, encode } from '../../base/json.ts'
import type { NewWait, RunKey } from '../journal.ts'
import { hashOf } from '../hash.ts'
import { put } from './inbox.ts'
import { addShape, liveRunByNumber, type LiveRun, type Store } from './store.ts'

export interface StoredEvent {
  readonly number: number
  readonly tenant: string
  readonly key: string
  readonly type: string
  readonly at: number
  readonly dedupe_until: number
  readonly starts: string
  readonly fields: string | null
  readonly body: string
}

interface LiveEvent {
  readonly number: number
  readonly tenant: string
  readonly type: string
  readonly at: number
  readonly body: string
  readonly fields: Fields
}

type Fields = Readonly<Record<string, string>>

/** One text for equal conditions, whatever the order of their fields. */
export function matchText(match: Fields, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => [name, match[name]]))
}

export function hashOfMatch(
  store: Pick<Store, 'seed'>,
  of: { readonly tenant: string; readonly type: string },
  match: string,
): number {
  return hashOf(`${of.tenant}\n${of.type}\n${match}`, store.seed)
}

/** Begins a wait; an event that came before may satisfy it at once. */
export function beginWait(store: Store, run: LiveRun, { step, type, match, since }: NewWait): void {
  run.isPlain = false
  const names = Object.keys(match).sort()
  const text = matchText(match, names)
  const path = `${run.tenant}\n${type}`
  const known = store.shapes.get(path)
  if (known?.some((shape) => isSame(shape, names)) !== true) {
    store.run.insertShape.run(run.tenant, type, encode(names))
    addShape(store, path, names)
  }
  store.run.deleteWait.run(run.number, step)
  const event = lookBack(store, run, { type, match, since })
  if (event !== null) satisfy(store, run, { step, event })
  else
    store.run.insertWait.run(
      ++store.lastNumber,
      run.number,
      step,
      hashOfMatch(store, { tenant: run.tenant, type }, text),
      run.tenant,
      type,
      text,
    )
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index])
}

/** The earliest kept event that fits and was not given to this run yet. */
function lookBack(store: Store, run: LiveRun, { type, match, since }: Omit<NewWait, 'step'>): StoredEvent | null {
  const hashes = Object.keys(match).map((name) =>
    hashOfMatch(store, { tenant: run.tenant, type }, matchText(match, [name])),
  )
  const counts = hashes.map((hash) => (store.run.countField.get(hash) as { count: number }).count)
  // The rarest field gives the shortest list.
  const rarest = hashes[counts.indexOf(Math.min(...counts))] ?? 0
  const [at, after] = since === null ? [Number.MIN_SAFE_INTEGER, run.number] : [since, 0]
  for (const event of store.run.eventsOfField.iterate(rarest, at, after) as Iterable<StoredEvent>) {
    if (event.tenant === run.tenant && event.type === type && fits(event, match) && !wasGiven(store, run, event))
      return event
  }
  return null
}

function fits(event: StoredEvent, match: Fields): boolean {
  const fields = decode(event.fields ?? '{}') as Fields
  return Object.entries(match).every(([name, value]) => fields[name] === value)
}

function wasGiven(store: Store, run: LiveRun, event: StoredEvent): boolean {
  const isStarted = store.run.isStarted.get(run.tenant, run.run, event.number) !== undefined
  return isStarted || store.run.isReached.get(event.number, run.number) !== undefined
}

function satisfy(
  store: Store,
  run: LiveRun,
  { step, event }: { step: string; event: { number: number; body: string; at: number } },
): boolean {
  store.run.insertReach.run(event.number, run.number, run.run)
  return put(store, run, { kind: 'event', name: step, body: event.body, at: event.at })
}

/** Makes the event findable for waits that begin later. */
export function keepForWaits(store: Store, event: LiveEvent): void {
  for (const hash of hashesOfFields(store, event)) store.run.insertField.run(hash, event.number)
}

export function hashesOfFields(
  store: Pick<Store, 'seed'>,
  event: { readonly tenant: string; readonly type: string; readonly fields: Fields },
): number[] {
  return Object.keys(event.fields).map((name) => hashOfMatch(store, event, matchText(event.fields, [name])))
}

/** Gives the event to every run that waits for it, to the oldest fitting wait of each. */
export function satisfyWaits(store: Store, event: LiveEvent): RunKey[] {
  const reached: RunKey[] = []
  let last = 0
  for (const wait of fittingWaits(store, event)) {
    if (wait.run === last) continue
    last = wait.run
    const run = liveRunByNumber(store, wait.run)
    store.run.deleteWait.run(wait.run, wait.step)
    if (run !== null && satisfy(store, run, { step: wait.step, event }))
      reached.push({ tenant: run.tenant, run: run.run })
  }
  return reached
}

interface StoredWait {
  readonly number: number
  readonly run: number
  readonly step: string
  readonly tenant: string
  readonly type: string
  readonly match: string
}

function fittingWaits(store: Store, event: LiveEvent): StoredWait[] {
  const waits: StoredWait[] = []
  for (const names of store.shapes.get(`${event.tenant}\n${event.type}`) ?? []) {
    if (!names.every((name) => Object.hasOwn(event.fields, name))) continue
    const text = matchText(event.fields, names)
    const found = store.run.waitsOfHash.all(hashOfMatch(store, event, text)) as unknown as StoredWait[]
    waits.push(
      ...found.filter((wait) => wait.tenant === event.tenant && wait.type === event.type && wait.match === text),
    )
  }
  return waits.sort((a, b) => a.run - b.run || a.number - b.number)
}
