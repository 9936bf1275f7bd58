import { answer } from '../operator-request.ts'
import type { Route } from '../route.ts'
import type { ServerContext } from '../server.ts'

/** What the server is doing, in figures. */
export function statusRoutes({ engine, operator, state, webhooks }: ServerContext): readonly Route[] {
  const { tenant } = operator
  return [
    {
      method: 'GET',
      path: '/api/v1/status',
      auth: 'operator',
      async handle(_request, reply) {
        const routes = webhooks.map(({ path, connector, connection, verification }) => ({
          path,
          connector,
          connection,
          verification,
        }))
        answer(reply, {
          state: state.current,
          activity: engine.activity(),
          counts: await engine.counts(tenant),
          webhooks: routes,
        })
        return reply
      },
    },
  ]
}
