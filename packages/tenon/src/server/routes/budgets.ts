import { z } from 'zod'
import { budgetView } from '../answers/budget.ts'
import { defineRoute, type Routes } from '../route.ts'

const told = z
  .object({ there: z.number(), told: z.number() })
  .nullable()
  .describe('How many nodes share the limits, and of how many it tells; null for one by itself.')

/** What is used of the limits of upstream APIs, and who waits for them. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/budgets',
    right: 'budgets:read',
    summary: 'The limits of upstream APIs: what is used of them, by which flow, and who waits.',
    answers: { 200: z.object({ budgets: z.array(budgetView), nodes: told }) },
    handle: ({ caller: { tenant } }, { budgets }) => budgets.view(tenant),
  }),
]
