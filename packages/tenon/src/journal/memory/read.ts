import { mostCounted, noRuns } from '../counts.ts'
import type { JournalHistory } from '../history.ts'
import type { JournalWork, RunStatus } from '../journal.ts'
import { lineOf } from './deliver.ts'
import { listRuns } from './list.ts'
import {
  eventPath,
  isEnded,
  pathOf,
  rowOf,
  runPath,
  type MemoryState,
  type StoredEvent,
  type StoredRun,
} from './state.ts'

/** `isOurs` says which runs the caller is asked to bring on. */
export function memoryWork(state: MemoryState, isOurs: (run: StoredRun) => boolean = () => true): JournalWork {
  return {
    async ready({ limit, except, flow, without = [] }) {
      const runs = [...state.open].filter(
        (run) =>
          run.status === 'ready' &&
          isOurs(run) &&
          (flow === undefined || run.flow === flow) &&
          except?.has(run.run) !== true &&
          !without.some((one) => one.flow === run.flow && one.tenant === run.tenant),
      )
      return runs
        .sort((a, b) => a.number - b.number)
        .slice(0, limit)
        .map(rowOf)
    },
    async due({ now, limit, except }) {
      const runs = waiting(state, isOurs).filter((run) => timeOf(run) <= now && except?.has(run.run) !== true)
      return runs.slice(0, limit).map(rowOf)
    },
    nextWake: async () => waiting(state, isOurs)[0]?.wakeAt ?? null,
    async load(keys) {
      return keys.map((key) => {
        const run = state.runs.get(pathOf(key.tenant, key.run))
        if (run === undefined) return null
        const input = run.input ?? state.events.get(run.event ?? -1)?.body ?? ''
        return { row: rowOf(run), input, entries: [...run.entries], inbox: [...run.inbox] }
      })
    },
    inbox: async (key) => [...(state.runs.get(pathOf(key.tenant, key.run))?.inbox ?? [])],
    values: async (hashes) => hashes.map((hash) => state.values.get(hash)?.body ?? null),
    cursor: async (tenant, name) => state.cursors.get(pathOf(tenant, name)) ?? null,
    async cursors(beginning) {
      return [...state.cursors].flatMap(([path, value]) => {
        const [tenant = '', name = ''] = path.split('\n')
        return name.startsWith(beginning) ? [{ tenant, name, value }] : []
      })
    },
    prune: async (query) => prune(state, query),
  }
}

function timeOf(run: StoredRun): number {
  return run.wakeAt ?? Number.POSITIVE_INFINITY
}

function waiting(state: MemoryState, isOurs: (run: StoredRun) => boolean): StoredRun[] {
  const runs = [...state.open].filter((run) => run.status === 'waiting' && run.wakeAt !== null && isOurs(run))
  return runs.sort((a, b) => timeOf(a) - timeOf(b) || a.number - b.number)
}

export function memoryHistory(state: MemoryState): JournalHistory {
  return {
    list: async (query) => listRuns(state, query),
    async find(tenant, runId) {
      const run = state.runs.get(pathOf(tenant, runId))
      return run === undefined ? null : rowOf(run)
    },
    entries: async (tenant, runId) => [...(state.runs.get(pathOf(tenant, runId))?.entries ?? [])],
    async event(tenant, eventKey) {
      const event = state.events.get(state.eventOfKey.get(pathOf(tenant, eventKey)) ?? -1)
      if (event === undefined) return null
      const { key, type, at, body, runs } = event
      return { key, type, at, body, runs: [...runs] }
    },
    async counts(tenant) {
      const counts = noRuns()
      for (const run of state.runs.values()) if (run.tenant === tenant) counts[run.status] += 1
      return counts
    },
    async countsByFlow(tenant) {
      const byFlow: Record<string, Record<RunStatus, number>> = {}
      for (const run of state.runs.values()) if (run.tenant === tenant) (byFlow[run.flow] ??= noRuns())[run.status] += 1
      return byFlow
    },
    async line(tenant, runId, limit) {
      const run = state.runs.get(pathOf(tenant, runId))
      const line = run?.inLine === true && run.key !== null ? lineOf(state, tenant, run.flow, run.key) : []
      const [head] = line
      const behind = line.slice(run === undefined ? 0 : line.indexOf(run) + 1)
      return {
        ahead: head === undefined || head === run ? null : head.run,
        behind: behind.slice(0, limit).map(({ run: id, createdAt }) => ({ run: id, createdAt })),
        behindCount: Math.min(behind.length, mostCounted),
      }
    },
  }
}

function prune(
  state: MemoryState,
  { now, endedBefore, limit }: { now: number; endedBefore: number; limit: number },
): boolean {
  // A failed run that still holds its key stays: without it the line would have no head.
  const isOld = (run: StoredRun): boolean => isEnded(run) && !run.inLine && (run.endedAt ?? endedBefore) < endedBefore
  const runs = [...state.runs.values()].filter(isOld)
  for (const run of runs.slice(0, limit)) {
    state.runs.delete(pathOf(run.tenant, run.run))
    disown(state, runPath(run))
  }
  const living = new Set([...state.runs.values()].map((run) => run.number))
  const events = [...state.events.values()].filter(
    (event) =>
      event.dedupeUntil <= now && event.keepUntil <= now && ![...event.runNumbers].some((number) => living.has(number)),
  )
  for (const event of events.slice(0, limit)) {
    state.events.delete(event.number)
    forgetKey(state, event)
    disown(state, eventPath(event))
  }
  return runs.length > limit || events.length > limit
}

/** An earlier event under the same key, kept for its runs, is the latest again. */
function forgetKey(state: MemoryState, { number, tenant, key }: StoredEvent): void {
  const path = pathOf(tenant, key)
  if (state.eventOfKey.get(path) !== number) return
  const others = [...state.events.values()].filter((event) => event.tenant === tenant && event.key === key)
  const latest = others.at(-1)
  if (latest === undefined) state.eventOfKey.delete(path)
  else state.eventOfKey.set(path, latest.number)
}

function disown(state: MemoryState, owner: string): void {
  for (const [hash, value] of state.values) {
    if (value.owners.delete(owner) && value.owners.size === 0) state.values.delete(hash)
  }
}
