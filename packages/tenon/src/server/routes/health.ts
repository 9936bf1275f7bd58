import { z } from 'zod'
import { jsonHeaders } from '../answer.ts'
import type { ServerContext } from '../context.ts'
import type { Routes } from '../route.ts'

const health = z.object({
  status: z.enum(['starting', 'ready', 'draining', 'cut-off']),
  databases: z
    .object({ all: z.number(), cutOff: z.number() })
    .optional()
    .describe(
      'Where there are several: while some are not reached, only their tenants wait. `GET /api/v1/status` names them.',
    ),
})

/**
 * For whoever decides whether to send work here: 200 only while it is taken. A node whose lease has run out cannot tell its database anything: it says so, and
 * goes on trying. It needs no restart, so this is nothing to judge by whether the process is alive.
 */
export const routes: Routes = [
  {
    method: 'GET',
    path: '/health',
    right: 'public',
    summary: 'Whether work is taken: 200 only while it is. `cut-off`: the database that nodes share is not reached.',
    anyHost: true,
    answers: { 200: health, 503: health },
    serve(_request, reply, context) {
      const status = statusOf(context)
      if (status !== 'ready') reply.header('retry-after', '1')
      void reply
        .code(status === 'ready' ? 200 : 503)
        .headers(jsonHeaders)
        .send(JSON.stringify({ status, ...databasesOf(context) }))
    },
  },
]

function statusOf({ state, membership, clock, operator }: ServerContext): z.output<typeof health>['status'] {
  if (state.current !== 'ready' || membership === null) return state.current
  return clock.now() < membership.heldUntil(operator.tenant) ? 'ready' : 'cut-off'
}

function databasesOf({ tenants }: ServerContext): Pick<z.output<typeof health>, 'databases'> {
  if (tenants === null) return {}
  const all = tenants.reached()
  return { databases: { all: all.length, cutOff: all.filter(({ isReached }) => !isReached).length } }
}
