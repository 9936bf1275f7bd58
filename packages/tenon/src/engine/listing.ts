import type { App } from '../definition/app.ts'
import type { EventTrigger } from '../definition/trigger.ts'
import type { RunQuery } from '../journal/history.ts'
import type { Journal } from '../journal/journal.ts'
import type { RunSummary } from './view.ts'

interface Parts {
  readonly app: App
  readonly journal: Pick<Journal, 'list' | 'event' | 'find'>
  /** Runs in memory. */
  readonly inProgress: () => ReadonlySet<string>
}

/** A page of runs, as people ask for it. */
export async function listRuns(
  query: RunQuery,
  { app, journal, inProgress }: Parts,
): Promise<{ readonly runs: readonly RunSummary[]; readonly next: string | null }> {
  const { runs, next } = await journal.list(await byKey(query, app, journal))
  const inMemory = inProgress()
  return { runs: runs.map((row) => ({ ...row, inMemory: inMemory.has(row.run) })), next }
}

/** The journal knows events by the key that they were delivered under; people know their ids. */
async function byKey(query: RunQuery, app: App, journal: Parts['journal']): Promise<RunQuery> {
  const { tenant, event, ...rest } = query
  if (event === undefined) return query
  for (const key of [event, ...triggersOf(app).map((trigger) => `${trigger}/${event}`)])
    if ((await journal.event(tenant, key)) !== null) return { ...query, event: key }
  // The event of a run that was started by hand has the run's id.
  const isOwn = query.id === undefined && (await journal.find(tenant, event)) !== null
  return isOwn ? { tenant, ...rest, id: event } : query
}

/** The names under which events come in. */
function triggersOf({ options }: App): readonly string[] {
  const sources = options.flows.flatMap((flow): readonly unknown[] => [
    flow.options.trigger,
    ...Object.values((flow.options.waits ?? {}) as object),
  ])
  const connectors = new Set(
    sources.flatMap((source) => {
      const { kind, connector } = source as EventTrigger
      return kind === 'event-trigger' ? [connector.name] : []
    }),
  )
  const named = (options.connections ?? []).map(({ connector, name }) => `${connector.name}@${name}`)
  return [...connectors, ...named, 'schedule']
}
