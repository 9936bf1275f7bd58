import { queryOptions } from '@tanstack/react-query'
import type { Answers } from './answers.generated.ts'
import { get } from './client.ts'

// Accounts that are connected, as the management API tells of them.

/** One account that is connected. Never a secret. */
export type Connection = Answers['GET /connections']['connections'][number]
export type ConnectionState = Connection['state']
export type RemoteAccount = NonNullable<Connection['account']>
export type ConnectForm = Answers['GET /connectors']['connectors'][number]
export type Consent = Answers['POST /consents/{consent}/look']
export type BegunConsent = Answers['POST /connections/{connector}/{name}/consents']
export type ConnectionTest = Answers['POST /connections/{connector}/{name}/test']

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: async ({ signal }) => (await get<Answers['GET /connections']>('/connections', {}, signal)).connections,
})

export function connectionPath(connector: string, name: string): string {
  return `/connections/${encodeURIComponent(connector)}/${encodeURIComponent(name)}`
}

export function connectionQuery(connector: string, name: string) {
  return queryOptions({
    queryKey: ['connections', connector, name],
    queryFn: ({ signal }) => get<Connection>(connectionPath(connector, name), {}, signal),
  })
}

export const connectorsQuery = queryOptions({
  queryKey: ['connectors'],
  queryFn: async ({ signal }) => (await get<Answers['GET /connectors']>('/connectors', {}, signal)).connectors,
  staleTime: 60_000,
})
