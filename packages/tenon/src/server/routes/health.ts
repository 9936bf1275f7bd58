import { z } from 'zod'
import { jsonHeaders } from '../answer.ts'
import type { Routes } from '../route.ts'

const health = z.object({ status: z.enum(['starting', 'ready', 'draining']) })

/** For whoever decides whether to send work here: 200 only while it is taken. */
export const routes: Routes = [
  {
    method: 'GET',
    path: '/health',
    right: 'public',
    summary: 'Whether work is taken: 200 only while it is.',
    anyHost: true,
    answers: { 200: health, 503: health },
    serve(_request, reply, { state }) {
      const isReady = state.current === 'ready'
      if (!isReady) reply.header('retry-after', '1')
      void reply
        .code(isReady ? 200 : 503)
        .headers(jsonHeaders)
        .send(JSON.stringify({ status: state.current }))
    },
  },
]
