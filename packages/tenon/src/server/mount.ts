import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { TenonError } from '../base/errors.ts'
import { logAccess } from './access-log.ts'
import { guardHeaders, sendJson, withoutSecrets } from './answer.ts'
import type { ServerContext } from './context.ts'
import type { Gate } from './gate.ts'
import { readInput } from './input.ts'
import { routeRights, type Caller, type RouteRight } from './rights.ts'
import type { CheckedRoute, Route } from './route.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    right?: RouteRight
  }
}

/** SEC-08: a route without a declared right does not come into being. */
export function refuseUndeclared(server: FastifyInstance): void {
  server.addHook('onRoute', (route: RouteOptions) => {
    const right = route.config?.right
    if (right === undefined || !routeRights.has(right))
      throw new TenonError('APP_INVALID', `the route ${String(route.method)} ${route.url} declares no right`)
  })
}

const callers = new WeakMap<FastifyRequest, Caller>()

/** Who asks, `undefined` where nobody has proved that (yet). */
export function callerOf(request: FastifyRequest): Caller | undefined {
  return callers.get(request)
}

/** Lets a server have these routes, each behind what it declares. */
export function mount(server: FastifyInstance, routes: readonly Route[], context: ServerContext, gate: Gate): void {
  for (const route of routes) {
    const { method, path, right, bodyLimit } = route
    const onRequest = guardOf(route, gate)
    server.route({
      method,
      url: path,
      config: { right },
      ...(bodyLimit === undefined ? {} : { bodyLimit }),
      handler: 'serve' in route ? (request, reply) => route.serve(request, reply, context) : answering(route, context),
      ...(onRequest === null ? {} : { onRequest }),
      ...(right === 'public' || right === 'webhook' ? {} : { onResponse: logAccess(context.log, path, callerOf) }),
    })
  }
}

type Guard = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void

/** Before the body is taken in. Webhooks pass: their senders know any name of this machine, and their signature is judged over the body. */
function guardOf({ right, anyHost }: Route, gate: Gate): Guard | null {
  if (right === 'webhook' || (right === 'public' && anyHost === true)) return null
  return (request, _reply, done) => {
    gate.refuseForeignHost(request)
    if (right !== 'public') {
      const caller = gate.identify(request)
      if (!caller.rights.has(right)) throw new TenonError('FORBIDDEN', `it needs the right ${right}`)
      callers.set(request, caller)
    }
    done()
  }
}

function answering(route: CheckedRoute, context: ServerContext) {
  const status = Number(Object.keys(route.answers)[0])
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const caller = callers.get(request)
    if (caller === undefined) throw new TenonError('UNAUTHENTICATED', 'nobody has proved who asks')
    const value = await route.handle({ ...readInput(route, request), caller }, context)
    if (value === undefined) void reply.code(status).headers(guardHeaders).send()
    else sendJson(reply, status, value, route.shows === 'data' ? withoutSecrets(context.redact) : undefined)
    return reply
  }
}
