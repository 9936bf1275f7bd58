import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { TenonError } from '../base/errors.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * Who may call a route. `public`: anyone, it tells nothing and changes nothing. `webhook`: whoever signs as the provider does, judged over the
 * body by the route itself. `operator`: who holds the token of this data folder.
 */
export type RouteAuth = 'public' | 'webhook' | 'operator'

export interface Route {
  readonly method: Method
  /** With `:name` for a parameter. */
  readonly path: string
  readonly auth: RouteAuth
  /** Largest body taken, in bytes; default is the server's. */
  readonly bodyLimit?: number
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown
}

declare module 'fastify' {
  interface FastifyContextConfig {
    auth?: RouteAuth
  }
}

/** SEC-08: a route without a declared auth does not come into being. */
export function refuseUndeclared(server: FastifyInstance): void {
  server.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.auth === undefined)
      throw new TenonError('APP_INVALID', `the route ${String(route.method)} ${route.url} declares no auth`)
  })
}

export type Authorise = (request: FastifyRequest) => void

export function addRoutes(server: FastifyInstance, routes: readonly Route[], authorise: Authorise): void {
  for (const { method, path, auth, bodyLimit, handle } of routes) {
    server.route({
      method,
      url: path,
      config: { auth },
      ...(bodyLimit === undefined ? {} : { bodyLimit }),
      handler: handle,
      ...(auth === 'operator' ? { onRequest: async (request: FastifyRequest) => authorise(request) } : {}),
    })
  }
}

/** The methods that a path has, for 405; computed only when something was not found. */
export function allowedMethods(routes: readonly Route[], path: string): readonly string[] {
  const segments = path.split('/')
  const methods = new Set<string>()
  for (const route of routes) {
    const pattern = route.path.split('/')
    const fits =
      pattern.length === segments.length &&
      pattern.every((part, index) => part === segments[index] || (part.startsWith(':') && segments[index] !== ''))
    if (!fits) continue
    methods.add(route.method)
    if (route.method === 'GET') methods.add('HEAD')
  }
  return [...methods].toSorted()
}
