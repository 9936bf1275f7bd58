import { pack, unpack } from '../pack.ts'
import {
  pagesInOrder,
  type EventTransfer,
  type JournalTransfer,
  type RunTransfer,
  type TransferMark,
  type TransferRow,
} from '../transfer.ts'
import { keepValues, lineOf } from './deliver.ts'
import { eventPath, isEnded, pathOf, runPath, type MemoryState, type StoredEvent, type StoredRun } from './state.ts'

/** A state of a memory journal as an end of a move, for tests. */
export function memoryTransfer(state: MemoryState): JournalTransfer {
  let mark: TransferMark | null = null
  return {
    name: 'memory',
    unusable: 'JOURNAL_UNAVAILABLE',
    mark: async () => mark,
    changeMark: async (change) => (mark = change(mark)),
    holder: async () => null,
    isEmpty: async () => state.runs.size + state.events.size + state.cursors.size === 0,
    closedCleanly: async () => state.closedCleanly,
    pages: (after) =>
      pagesInOrder(after, async (kind, last) => {
        const rows = rowsOf(state, kind).slice(Number(last ?? 0), Number(last ?? 0) + 3)
        return rows.length === 0 ? null : { rows, last: String(Number(last ?? 0) + rows.length) }
      }),
    prepare: async () => undefined,
    put: async (rows) => rows.forEach((row) => put(state, row)),
    async complete({ closedCleanly }) {
      state.closedCleanly = closedCleanly
      for (const line of state.lines.values()) line.sort((a, b) => a.number - b.number)
    },
    close: async () => undefined,
  }
}

function rowsOf(state: MemoryState, kind: TransferRow['kind']): readonly TransferRow[] {
  if (kind === 'value') return [...state.values].map(([hash, { body }]) => ({ kind, hash, body }))
  if (kind === 'event') return [...state.events.values()].map((event) => eventOf(state, event))
  if (kind === 'run')
    return [...state.runs.values()].map((run) => runOf(state, run)).toSorted((a, b) => a.number - b.number)
  return [...state.cursors].map(([path, value]) => {
    const [tenant = '', name = ''] = path.split('\n')
    return { kind, tenant, name, value }
  })
}

function valuesOf(state: MemoryState, owner: string): string[] {
  return [...state.values].flatMap(([hash, { owners }]) => (owners.has(owner) ? [hash] : [])).toSorted()
}

function eventOf(state: MemoryState, event: StoredEvent): EventTransfer {
  const { runs, runNumbers, keepUntil, ...rest } = event
  const given = [...runNumbers].map((number, index) => ({ number, run: runs[index] ?? '' }))
  // Of a run that is deleted nobody asks whether it was started or reached.
  const isStart = ({ number, run }: (typeof given)[number]): boolean => {
    const stored = state.runs.get(pathOf(event.tenant, run))
    return stored?.number !== number || stored.event === event.number
  }
  return {
    kind: 'event',
    ...rest,
    expires: Math.max(event.dedupeUntil, keepUntil),
    isKept: keepUntil > event.at && Object.keys(event.fields ?? {}).length > 0,
    starts: given.filter(isStart).map(({ run }) => run),
    reached: given.filter((one) => !isStart(one)),
    values: valuesOf(state, eventPath(event)),
  }
}

function runOf(state: MemoryState, run: StoredRun): RunTransfer {
  const { eventKey: _eventKey, lastSeq, entries, waits, messages, ...rest } = run
  const at = entries.at(-1)?.at ?? 0
  return {
    kind: 'run',
    ...rest,
    entries: entries.length === 0 ? [] : [{ seq: lastSeq, at, packed: pack(entries) }],
    inbox: [...run.inbox],
    // In memory their order is that of a list: numbers that nothing else has.
    waits: waits.map(({ step, type, match }, index) => ({
      number: state.lastNumber + run.number * 100 + index,
      step,
      type,
      match,
    })),
    messages: [...messages].toSorted(),
    values: valuesOf(state, runPath(run)),
  }
}

function put(state: MemoryState, row: TransferRow): void {
  switch (row.kind) {
    case 'value':
      return keepValues(state, [row], ['moved'])
    case 'cursor':
      return void state.cursors.set(pathOf(row.tenant, row.name), row.value)
    case 'event':
      return putEvent(state, row)
    default:
      return putRun(state, row)
  }
}

function own(state: MemoryState, hashes: readonly string[], owner: string): void {
  for (const hash of hashes) {
    const value = state.values.get(hash)
    value?.owners.delete('moved')
    value?.owners.add(owner)
  }
}

function putEvent(state: MemoryState, row: EventTransfer): void {
  const { kind: _kind, expires, isKept, starts, reached, values, ...event } = row
  if (state.events.has(row.number)) return
  const stored = {
    ...event,
    keepUntil: isKept ? Math.max(expires ?? 0, event.at + 1) : 0,
    runs: [...starts, ...reached.map(({ run }) => run)],
    runNumbers: new Set(reached.map(({ number }) => number)),
  }
  state.events.set(row.number, stored)
  state.eventOfKey.set(pathOf(row.tenant, row.key), row.number)
  state.lastNumber = Math.max(state.lastNumber, row.number)
  own(state, values, eventPath(stored))
}

function putRun(state: MemoryState, row: RunTransfer): void {
  const { kind: _kind, entries, inbox, waits, messages, values, ...rest } = row
  const path = pathOf(row.tenant, row.run)
  if (state.runs.has(path)) return
  const event = state.events.get(row.event ?? -1)
  const run: StoredRun = {
    ...rest,
    lastSeq: entries.at(-1)?.seq ?? 0,
    eventKey: row.input === null ? (event?.key ?? null) : null,
    entries: entries.flatMap(({ seq, packed }) => unpack(packed, seq)),
    inbox: [...inbox],
    waits: waits.map(({ step, type, match }) => ({ step, type, match, since: 0 })),
    messages: new Set(messages),
  }
  state.runs.set(path, run)
  event?.runNumbers.add(run.number)
  if (!isEnded(run)) state.open.add(run)
  if (run.inLine && run.key !== null) lineOf(state, run.tenant, run.flow, run.key).push(run)
  state.lastNumber = Math.max(state.lastNumber, run.number, ...inbox.map(({ position }) => position))
  own(state, values, runPath(run))
}
