import { queryOptions } from '@tanstack/react-query'
import type { Answers } from './answers.generated.ts'
import { get } from './client.ts'

/** One limit of one account, or of the app, and how it stands. */
export type Budget = Answers['GET /budgets']['budgets'][number]

/** Which nodes the figures are of; `null` for a server by itself. */
export type BudgetNodes = Answers['GET /budgets']['nodes']

export const budgetsQuery = queryOptions({
  queryKey: ['budgets'],
  queryFn: ({ signal }) => get<Answers['GET /budgets']>('/budgets', {}, signal),
})
