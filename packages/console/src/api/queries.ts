import { infiniteQueryOptions, QueryCache, QueryClient, MutationCache, queryOptions } from '@tanstack/react-query'
import type { Answers } from './answers.generated.ts'
import { ApiError, get } from './client.ts'
import type { FlowDetail, RunDetail, RunFilter, RunPage, Session, SimulatorDetail, Status } from './contract.ts'
import { endSession } from './session.ts'

const retryable = new Set(['OFFLINE', 'OVERLOADED', 'JOURNAL_UNAVAILABLE', 'INTERNAL'])

export function createQueries(): QueryClient {
  const watch = (error: unknown): void => {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') endSession()
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        // The server is often this machine: the browser's idea of being offline says nothing about it.
        networkMode: 'always',
        staleTime: 2_000,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && retryable.has(error.code),
        retryDelay: (failures) => 500 * 2 ** failures,
        // What could not be had is asked for again until it can.
        refetchInterval: ({ state }) =>
          state.error instanceof ApiError && retryable.has(state.error.code) ? 3_000 : false,
      },
      mutations: { networkMode: 'always' },
    },
  })
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => get<Session>('/session', {}, signal),
  staleTime: 60_000,
})

export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: ({ signal }) => get<Status>('/status', {}, signal),
})

const hours: Readonly<Record<string, number>> = { '1h': 1, '24h': 24, '7d': 7 * 24, '30d': 30 * 24 }

/** `24h` is meant from now on, at each asking. */
function moment(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const back = Object.hasOwn(hours, text) ? hours[text] : undefined
  if (back !== undefined) return String(Date.now() - back * 3_600_000)
  // A local time of day without a zone, as the date field gives it.
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? new Date(text).toISOString() : text
}

export function fetchRuns(filter: RunFilter, before?: string | null, signal?: AbortSignal): Promise<RunPage> {
  const query = {
    ...filter,
    since: moment(filter.since),
    until: moment(filter.until),
    before: before ?? undefined,
    limit: 50,
  }
  return get<RunPage>('/runs', query, signal)
}

export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ['runs', filter],
    queryFn: ({ pageParam, signal }) => fetchRuns(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    // Live merges keep it fresh; asking again for every page that was ever scrolled to would not end.
    refetchOnWindowFocus: false,
  })

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ['run', run],
    queryFn: ({ signal }) => get<RunDetail>(`/runs/${encodeURIComponent(run)}`, {}, signal),
  })

export const exchangesQuery = (run: string) =>
  queryOptions({
    queryKey: ['run', run, 'exchanges'],
    queryFn: async ({ signal }) =>
      (await get<Answers['GET /runs/{run}/exchanges']>(`/runs/${encodeURIComponent(run)}/exchanges`, {}, signal))
        .exchanges,
  })

export const flowsQuery = queryOptions({
  queryKey: ['flows'],
  queryFn: async ({ signal }) => (await get<Answers['GET /flows']>('/flows', {}, signal)).flows,
})

export const flowQuery = (flow: string) =>
  queryOptions({
    queryKey: ['flow', flow],
    queryFn: ({ signal }) => get<FlowDetail>(`/flows/${encodeURIComponent(flow)}`, {}, signal),
  })

export const simulatorsQuery = queryOptions({
  queryKey: ['simulators'],
  queryFn: async ({ signal }) => (await get<Answers['GET /simulators']>('/simulators', {}, signal)).simulators,
})

export const simulatorQuery = (connector: string) =>
  queryOptions({
    queryKey: ['simulator', connector],
    queryFn: ({ signal }) => get<SimulatorDetail>(`/simulators/${encodeURIComponent(connector)}`, {}, signal),
  })
