import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { AuditAction } from '../store/actions.ts'
import type { ServerContext } from './context.ts'
import type { Caller, RouteRight } from './rights.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What comes back: a schema for JSON, a media type for anything else, `null` for nothing at all. */
export type Answer = z.ZodType | string | null

/** One thing that can be asked of this server, as a value: what it does, and all that is said about it, in one place. */
interface RouteBase {
  readonly method: Method
  /** With `:name` for a parameter, and `*` at the end for any rest. */
  readonly path: string
  readonly right: RouteRight
  /** One line, in plain words. */
  readonly summary: string
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  /** By status. The first is what a request that succeeds gets; problems need not be listed. */
  readonly answers: Readonly<Record<number, Answer>>
  /** `data`: the answer holds what flows and providers made; what is secret in it is not shown. */
  readonly shows?: 'data'
  /** What the audit log tells of it, whether it is done, refused or fails. */
  readonly audits?: Audited
  /** Largest body taken, in bytes; default is the server's. */
  readonly bodyLimit?: number
  /** For probes that call this machine by any name: the Host header is not looked at. */
  readonly anyHost?: true
}

export interface Audited {
  readonly action: AuditAction
  /** The parameters that name what it is done to, joined by `/`; the answer's member of such a name, where there is one, says it in full. */
  readonly subject: readonly [string, ...string[]]
  /** Members of the body that are told, too. */
  readonly tells?: readonly string[]
  /** Members of the answer that are told, where they have a value. */
  readonly finds?: readonly string[]
}

/** A request whose parts have the form that the route declares. */
export interface Asked<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  /** The address that it comes from. */
  readonly from: string
}

/** Gets checked values, and answers with a value. */
export interface CheckedRoute extends RouteBase {
  readonly handle: (asked: Asked, context: ServerContext) => unknown
}

/** Does its own reading and answering, for what is not JSON or must not wait. */
export interface BareRoute extends RouteBase {
  readonly serve: (request: FastifyRequest, reply: FastifyReply, context: ServerContext) => unknown
}

export type Route = CheckedRoute | BareRoute

/** What a file in `routes/` exports as `routes`: a list, or how to make it where the paths depend on the app. */
export type Routes = readonly Route[] | ((context: ServerContext) => readonly Route[])

type ValueOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<never, never>

interface Typed<Params, Query, Body> {
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly handle: (
    asked: Asked<ValueOf<Params>, ValueOf<Query>, ValueOf<Body>>,
    context: ServerContext,
  ) => object | undefined | void | Promise<object | undefined | void>
}

/** A route whose `handle` gets its values in the types of its schemas. */
export function defineRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodObject | undefined = undefined,
>(route: Omit<RouteBase, 'params' | 'query' | 'body'> & Typed<Params, Query, Body>): Route {
  return route as unknown as CheckedRoute
}

/** The methods that a path has, for 405; computed only when something was not found. */
export function allowedMethods(routes: readonly Route[], path: string): readonly string[] {
  const segments = path.split('/')
  const methods = new Set<string>()
  for (const route of routes) {
    if (!fits(route.path.split('/'), segments)) continue
    methods.add(route.method)
    if (route.method === 'GET') methods.add('HEAD')
  }
  return [...methods].toSorted()
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*'
  if (isOpen ? segments.length < pattern.length : segments.length !== pattern.length) return false
  return pattern.every((part, index) => {
    if (part === '*') return true
    return part === segments[index] || (part.startsWith(':') && segments[index] !== '')
  })
}
