import type { RunPage, RunQuery } from '../history.ts'
import { readPosition, writePosition, type Position } from '../page.ts'
import { pathOf, rowOf, type MemoryState, type StoredRun } from './state.ts'

export function listRuns(state: MemoryState, query: RunQuery): RunPage {
  const { id, before, limit } = query
  const position = before === undefined ? null : readPosition(before, id !== undefined)
  const found = ordered(runsOf(state, query), id).filter((run) => position === null || isBelow(run, position, id))
  const runs = found.slice(0, limit)
  const last = runs.at(-1)
  const hasMore = last !== undefined && found.length > limit
  return { runs: runs.map(rowOf), next: hasMore ? writePosition(positionOf(last, id)) : null }
}

function runsOf(state: MemoryState, query: RunQuery): StoredRun[] {
  const { tenant, event, status, id, since = -Infinity, until = Infinity } = query
  const ofEvent = event === undefined ? null : state.events.get(state.eventOfKey.get(pathOf(tenant, event)) ?? -1)
  return [...state.runs.values()].filter(
    (run) =>
      run.tenant === tenant &&
      (['flow', 'key', 'code'] as const).every((name) => query[name] === undefined || run[name] === query[name]) &&
      status?.includes(run.status) !== false &&
      (ofEvent === null || ofEvent?.runs.includes(run.run) === true) &&
      (id === undefined || run.run.startsWith(id) || run.run.endsWith(id)) &&
      run.createdAt >= since &&
      run.createdAt < until,
  )
}

function ordered(runs: StoredRun[], id: string | undefined): StoredRun[] {
  if (id === undefined) return runs.sort((a, b) => b.number - a.number)
  const byId = runs.sort((a, b) => (a.run < b.run ? 1 : -1))
  return [...byId.filter(({ run }) => run.startsWith(id)), ...byId.filter(({ run }) => !run.startsWith(id))]
}

function positionOf({ number, run }: StoredRun, id: string | undefined): Position {
  if (id === undefined) return { by: 'number', number }
  return { by: run.startsWith(id) ? 'beginning' : 'end', run }
}

function isBelow(run: StoredRun, position: Position, id: string | undefined): boolean {
  if (position.by === 'number') return run.number < position.number
  if (position.by === 'end') return run.run < position.run && !run.run.startsWith(id ?? '')
  return !run.run.startsWith(id ?? '') || run.run < position.run
}
