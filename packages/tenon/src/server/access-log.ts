import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../telemetry/telemetry.ts'
import type { Caller } from './rights.ts'

/** Neither the query nor the token of a connect link, which is still good where its request was refused. */
export function printablePath({ url }: Pick<FastifyRequest, 'url'>): string {
  const [path = ''] = url.split('?', 1)
  return path.replace(/(\/connect\/)(?!(?:account|callback)$)[^/]+/, '$1[secret]')
}

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
      path: printablePath(request),
      status: reply.statusCode,
      tookMs: Math.round(reply.elapsedTime * 10) / 10,
      by: callerOf(request)?.by ?? null,
      from: request.ip,
    })
  }
}
