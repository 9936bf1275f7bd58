import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../telemetry/telemetry.ts'
import type { Caller } from './rights.ts'

/** One line for each request of the management API: who asked what, and what they got. Never a query, a header or a body: those may hold secrets. */
export function logAccess(
  log: Log,
  route: string,
  callerOf: (request: FastifyRequest) => Caller | undefined,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    log.info('request.answered', {
      method: request.method,
      route,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      tookMs: Math.round(reply.elapsedTime * 10) / 10,
      by: callerOf(request)?.by ?? null,
      from: request.ip,
    })
  }
}
