import type { EntryRow, EventRow, RunRow, RunStatus } from './journal.ts'

/** What the console and CLI ask; never on the way of a run. */
export interface JournalHistory {
  /** In the order of their arrival, the newest first; a search by `id` goes by id. */
  list(query: RunQuery): Promise<RunPage>
  find(tenant: string, runId: string): Promise<RunRow | null>
  entries(tenant: string, runId: string): Promise<readonly EntryRow[]>
  /** By the key it was delivered under. */
  event(tenant: string, eventKey: string): Promise<EventRow | null>
  counts(tenant: string): Promise<RunCounts>
  /** The same for each flow that has runs. */
  countsByFlow(tenant: string): Promise<Readonly<Record<string, RunCounts>>>
  /** Where a run stands in the line of its key; `limit` of those behind it are named. */
  line(tenant: string, runId: string, limit: number): Promise<LinePlace>
}

export type RunCounts = Readonly<Record<RunStatus, number>>

export interface LinePlace {
  /** The run that holds the key, `null` when it is this one or there is no line. */
  readonly ahead: string | null
  /** The first of those behind it, oldest first. */
  readonly behind: readonly { readonly run: string; readonly createdAt: number }[]
  /** All of those, counted up to 10,000. */
  readonly behindCount: number
}

export interface RunQuery {
  readonly tenant: string
  readonly flow?: string
  /** Any of these. */
  readonly status?: readonly RunStatus[]
  readonly key?: string
  /** Error code of a failed, parked or cancelled run. */
  readonly code?: string
  /** Key of an event that started or reached it. */
  readonly event?: string
  /** The beginning or the end of its id. */
  readonly id?: string
  /** Created then or later, in milliseconds since the epoch. */
  readonly since?: number
  /** Created before then. */
  readonly until?: number
  /** `next` of the page before; `INPUT_INVALID` for anything else. */
  readonly before?: string
  readonly limit: number
}

/** Only so many runs are looked at for one page: it may be short, even empty, although there is a next one. */
export interface RunPage {
  readonly runs: readonly RunRow[]
  /** Where the next page begins, `null` at the end. */
  readonly next: string | null
}
