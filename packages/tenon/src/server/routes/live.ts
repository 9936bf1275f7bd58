import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { guardHeaders } from '../answer.ts'
import { readInput } from '../input.ts'
import { gapEvent, mostListeners, type Sink } from '../live/live.ts'
import { callerOf } from '../mount.ts'
import type { Routes } from '../route.ts'

const query = z.strictObject({
  run: z.string().optional().describe('Only what concerns this run.'),
  flow: z.string().optional().describe('Only what concerns this flow.'),
})

/** What a slow reader may leave in our memory. */
const mostHeldBytes = 262_144
const retryMs = 2_000
const lastWordsMs = 1_000

const streamHeaders = {
  ...guardHeaders,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // For a proxy in front: what happens now is wanted now.
  'x-accel-buffering': 'no',
}

/** What happens, as it happens: server-sent events (HTML §9.2). */
export const routes: Routes = [
  {
    method: 'GET',
    path: '/api/v1/live',
    right: 'runs:read',
    summary: 'What happens, as it happens: server-sent events `happening` and, where some were lost, `gap`.',
    query,
    answers: { 200: 'text/event-stream' },
    serve(request, reply, { live, sessions, state, operator, clock }) {
      const { run, flow } = readInput({ query }, request).query as z.output<typeof query>
      if (state.current === 'draining') throw new TenonError('DRAINING', 'the server is draining')
      if (request.method === 'HEAD') {
        void reply.headers(streamHeaders).send()
        return
      }
      const session = callerOf(request)?.session ?? null
      const remove = live.add({
        tenant: callerOf(request)?.tenant ?? operator.tenant,
        sink: sinkOf(reply.raw, clock),
        ...(run === undefined ? {} : { run }),
        ...(flow === undefined ? {} : { flow }),
        isWelcome: () => session === null || sessions.isAlive(session),
      })
      if (remove === null)
        throw new TenonError('OVERLOADED', `there are ${mostListeners} live streams already`, { retryAfterMs: 10_000 })
      reply.hijack()
      reply.raw.on('close', remove)
      reply.raw.writeHead(200, streamHeaders)
      reply.raw.write(`retry: ${retryMs}\n\n`)
      // A browser that comes back says what it saw last; what lay between is gone.
      if (request.headers['last-event-id'] !== undefined) reply.raw.write(gapEvent(null))
    },
  },
]

function sinkOf(raw: ServerResponse, clock: Clock): Sink {
  return {
    hasRoom: () => raw.writableLength < mostHeldBytes,
    write: (text) => void raw.write(text),
    end() {
      raw.end()
      // Who takes nothing does not take the end either, and must not hold up ours.
      const cancel = clock.after(lastWordsMs, () => {
        if (!raw.writableFinished) raw.destroy()
      })
      raw.on('close', cancel)
    },
  }
}
