import type { Route } from '../route.ts'
import type { ServerContext } from '../server.ts'

/** For whoever decides whether to send work here: 200 only while it is taken. */
export function healthRoutes({ state }: ServerContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/health',
      auth: 'public',
      handle(_request, reply) {
        const isReady = state.current === 'ready'
        if (!isReady) reply.header('retry-after', '1')
        void reply
          .code(isReady ? 200 : 503)
          .header('content-type', 'application/json')
          .header('cache-control', 'no-store')
          .send(JSON.stringify({ status: state.current }))
      },
    },
  ]
}
