import { queryOptions } from '@tanstack/react-query'
import { get } from './client.ts'

// Accounts that are connected, as the management API tells of them.

export type ConnectionState = 'healthy' | 'expiring' | 'needs-authorisation' | 'revoked'

export interface RemoteAccount {
  readonly id: string
  readonly name: string
}

/** One account that is connected. Never a secret. */
export interface Connection {
  readonly connector: string
  readonly name: string
  readonly account: RemoteAccount | null
  readonly state: ConnectionState
  readonly cause: string | null
  readonly origin: 'stored' | 'app' | 'simulated'
  readonly scheme: string
  readonly baseUrl: string
  readonly scopes: readonly string[]
  readonly fields: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly createdAt: number | null
  readonly createdBy: string | null
}

export interface ConnectForm {
  readonly connector: string
  readonly description: string | null
  readonly ways: readonly ('fields' | 'browser' | 'device')[]
  readonly baseUrl: string
  readonly simulated: boolean
  readonly fields: readonly FormField[]
}

export interface FormField {
  readonly name: string
  readonly label: string
  readonly secret: boolean
  readonly required: boolean
}

export interface Consent {
  readonly consent: string
  readonly connector: string
  readonly name: string
  readonly state: 'pending' | 'taken' | 'account-changed' | 'connected' | 'failed'
  readonly problem: { readonly code: string; readonly message: string } | null
  readonly accounts: { readonly before: RemoteAccount | null; readonly now: RemoteAccount | null } | null
}

export interface BegunConsent extends Consent {
  readonly url: string
  readonly code: string | null
}

export interface ConnectionTest {
  readonly outcome: 'works' | 'refused' | 'unreachable' | 'untested'
  readonly account: RemoteAccount | null
  readonly message: string
}

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: async ({ signal }) =>
    (await get<{ connections: readonly Connection[] }>('/connections', {}, signal)).connections,
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
  queryFn: async ({ signal }) =>
    (await get<{ connectors: readonly ConnectForm[] }>('/connectors', {}, signal)).connectors,
  staleTime: 60_000,
})
