import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { TenonError } from '../base/errors.ts'
import { logAccess } from './access-log.ts'
import { guardHeaders, sendJson, withoutSecrets } from './answer.ts'
import type { ServerContext } from './context.ts'
import type { Gate } from './gate.ts'
import { readInput } from './input.ts'
import { routeRights, type Caller, type Right, type RouteRight } from './rights.ts'
import type { Asked, CheckedRoute, Route } from './route.ts'

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
    const onRequest = guardOf(route, gate, context)
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

type Guard = (request: FastifyRequest) => Promise<void>

/** Before the body is taken in. Webhooks pass: their senders know any name of this machine, and their signature is judged over the body. */
function guardOf({ right, anyHost }: Route, gate: Gate, context: ServerContext): Guard | null {
  if (right === 'webhook' || (right === 'public' && anyHost === true)) return null
  return async (request) => {
    gate.refuseForeignHost(request)
    if (right !== 'public') callers.set(request, await admit(gate, right, request, context))
  }
}

/** Rejects with `UNAUTHENTICATED` or `FORBIDDEN`. The audit log tells what was refused: not that nobody was there, as with each page before a sign-in. */
async function admit(gate: Gate, right: Right, request: FastifyRequest, { audit }: ServerContext): Promise<Caller> {
  let by = 'nobody'
  try {
    const caller = await gate.identify(request)
    by = caller.by
    if (caller.rights.has(right)) return caller
    throw new TenonError('FORBIDDEN', `it needs the right ${right}`)
  } catch (error) {
    if (TenonError.is(error) && error.details['shown'] !== false)
      audit.refused({ by, from: request.ip, code: error.code, right })
    throw error
  }
}

function answering(route: CheckedRoute, context: ServerContext) {
  const status = Number(Object.keys(route.answers)[0])
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const caller = callers.get(request)
    if (caller === undefined) throw new TenonError('UNAUTHENTICATED', 'nobody has proved who asks')
    const asked = { ...readInput(route, request), caller, from: request.ip }
    const value = await audited(route, asked, context)
    if (value === undefined) void reply.code(status).headers(guardHeaders).send()
    else sendJson(reply, status, value, route.shows === 'data' ? withoutSecrets(context.redact) : undefined)
    return reply
  }
}

/** What is done by order of a person is in the audit log before they are told so. */
async function audited(route: CheckedRoute, asked: Asked, context: ServerContext): Promise<unknown> {
  const { audits, handle } = route
  if (audits === undefined) return handle(asked, context)
  const { caller, from, params, query, body } = asked as Asked<
    Record<string, string>,
    { readonly tenant?: string } | undefined,
    Record<string, string>
  >
  const note = (outcome: 'done' | 'failed', answer: Record<string, unknown>, code?: string): Promise<void> => {
    const nameOf = (part: string): string => {
      const full = answer[part]
      return typeof full === 'string' ? full : (params[part] ?? '')
    }
    const found = (audits.finds ?? []).map((name) => [name, answer[name] ?? null] as const)
    return context.audit.record({
      // What a program does to another tenant's belongs into that tenant's log.
      tenant: caller.kind === 'token' ? (query?.tenant ?? caller.tenant) : caller.tenant,
      by: caller.by,
      from,
      action: audits.action,
      subject: audits.subject.map(nameOf).join('/'),
      outcome,
      details: {
        ...Object.fromEntries((audits.tells ?? []).map((name) => [name, body[name] ?? null])),
        ...Object.fromEntries(found.filter(([, value]) => value !== null)),
        ...(code !== undefined && { code }),
      },
    })
  }
  let answer: unknown
  try {
    answer = await handle(asked, context)
  } catch (error) {
    await note('failed', {}, TenonError.is(error) ? error.code : 'INTERNAL')
    throw error
  }
  await note('done', (answer ?? {}) as Record<string, unknown>)
  return answer
}
