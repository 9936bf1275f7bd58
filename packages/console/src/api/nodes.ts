import { queryOptions } from '@tanstack/react-query'
import type { Answers } from './answers.generated.ts'
import { get } from './client.ts'

/** The nodes that share a database; `null` for one by itself. */
export type Cluster = Answers['GET /nodes']['cluster']

export type ClusterNode = NonNullable<Cluster>['nodes'][number]

export const nodesQuery = queryOptions({
  queryKey: ['nodes'],
  queryFn: async ({ signal }) => (await get<Answers['GET /nodes']>('/nodes', {}, signal)).cluster,
})
