import { z } from 'zod'
import { clusterView } from '../answers/node.ts'
import { defineRoute, type Routes } from '../route.ts'

/** The nodes that share a database. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/nodes',
    right: 'status:read',
    summary: 'The nodes that share the database, what each holds and how it is.',
    answers: {
      200: z.object({
        cluster: clusterView.nullable().describe('null for a node by itself, with all in its data folder.'),
      }),
    },
    handle: async (_input, { membership }) => ({ cluster: membership === null ? null : await membership.nodes() }),
  }),
]
