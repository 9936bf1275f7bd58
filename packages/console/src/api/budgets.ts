import { queryOptions } from '@tanstack/react-query'
import type { Answers } from './answers.generated.ts'
import { get } from './client.ts'

/** One limit of one account, or of the app, and how it stands. */
export type Budget = Answers['GET /budgets']['budgets'][number]

export const budgetsQuery = queryOptions({
  queryKey: ['budgets'],
  queryFn: async ({ signal }) => (await get<Answers['GET /budgets']>('/budgets', {}, signal)).budgets,
})
