import { queryOptions } from '@tanstack/react-query'
import { get } from './client.ts'

/** One limit of one account, or of the app, and how it stands. */
export interface Budget {
  readonly connector: string
  /** `null` for a limit that all accounts share. */
  readonly connection: string | null
  readonly flows: readonly { readonly flow: string | null; readonly used: number }[]
  readonly used: number | null
  readonly allowed: number | null
  readonly windowMs: number | null
  /** `null` for what answers alone told. */
  readonly limit: string | null
  readonly requests: number | null
  readonly perMs: number | null
  readonly learnt: readonly {
    readonly name: string
    readonly remaining: number
    readonly quota: number | null
    readonly resetsAt: number
  }[]
  readonly pausedUntil: number | null
  readonly waiting: number
  readonly postponed: number
  readonly doneAt: number | null
}

export const budgetsQuery = queryOptions({
  queryKey: ['budgets'],
  queryFn: async ({ signal }) => (await get<{ budgets: Budget[] }>('/budgets', {}, signal)).budgets,
})
