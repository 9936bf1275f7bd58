import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { Engine } from '../engine/engine.ts'
import type { RunningSimulator } from '../simulator/simulator.ts'
import type { Membership } from '../journal/ownership.ts'
import type { Exposition } from '../telemetry/exposition.ts'
import type { IntakeMeter } from '../telemetry/meter.ts'
import type { Log } from '../telemetry/telemetry.ts'
import type { Hooks } from '../trigger/hooks.ts'
import type { Connecting } from './connect/connecting.ts'
import { printablePath } from './access-log.ts'
import type { AuditTrail } from './audit.ts'
import type { Store } from '../store/store.ts'
import type { Budgets } from '../outbound/budget/budgets.ts'
import { aloneRound, Round, type BudgetRound } from '../outbound/budget/round.ts'
import type { ManagedVault } from '../connection/vault.ts'
import { createLimits, type Limits } from './limits.ts'
import { listenError } from './listen-error.ts'
import { answerBrokenRequests } from './broken-request.ts'
import { consoleFiles, findConsole } from './console/files.ts'
import { createGate, type Operator } from './gate.ts'
import { createLive } from './live/live.ts'
import { createRelay, type Relay } from './live/relay.ts'
import { errorFrom, problemHeaders, problemOf } from './problem.ts'
import type { ReadableJournal, ServerContext, ServerState, SignInLink } from './context.ts'
import { callerOf, mount, refuseUndeclared } from './mount.ts'
import { loadRoutes } from './route-folder.ts'
import { allowedMethods, type Route } from './route.ts'
import { createSenders, type Senders } from './senders.ts'
import { sessionCookie } from './session/cookie.ts'
import { createSessions } from './session/kept-sessions.ts'
import type { Sessions } from './session/sessions.ts'
import { createSite, loopback } from './session/site.ts'
import type { Tenants } from './tenants/tenants.ts'

export interface ServerOptions {
  readonly engine: Engine
  readonly webhooks: Hooks
  /** What is known of who sends webhooks; default what their requests say. */
  readonly senders?: Senders
  readonly operator: Operator
  readonly simulators?: readonly RunningSimulator[]
  /** Lets a deploy check read what living runs have done. */
  readonly journal?: ReadableJournal
  /** What it is among other nodes; `null` for one by itself. */
  readonly membership: Membership | null
  /** `null` where there are not several databases. */
  readonly tenants: Tenants | null
  readonly store: Store
  readonly vault: ManagedVault
  readonly budgets: Pick<Budgets, 'view'>
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly log: Log
  /** Takes known secrets out of a text that is shown; default changes nothing. */
  readonly redact?: (text: string) => string
  readonly meter?: IntakeMeter
  /** What `GET /metrics` tells; without it there is no such route. */
  readonly metrics?: () => Exposition
  /** 0 takes any free one. */
  readonly port: number
  /** Default 127.0.0.1: nothing is reachable from outside unless someone asks for it. */
  readonly host?: string
  readonly limits?: Partial<Limits>
  /** Default `ready`. */
  readonly state?: ServerState
  /** How the app calls itself; default `app`. */
  readonly appName?: string
  /** Who is signed in; default nobody, and a restart forgets them. */
  readonly sessions?: Sessions
  /** What tells the cookies of this installation from those of others on the same machine: the same at all nodes. Default: by the operator's token. */
  readonly installation?: string
  /** Where a proxy offers this server to people, such as `https://tenon.example.com`; default is its own address. */
  readonly publicUrl?: string
  /** Its address where something on this machine stands before it; default is where it listens. */
  readonly frontUrl?: string
  /** What accounts are connected by; without it none can be. */
  readonly connecting?: Connecting
  /** The built console; default is the one that the package `@tenon/console` brings, `null` for none. */
  readonly consoleFolder?: string | null
}

export interface Server {
  readonly url: string
  readonly port: number
  readonly routes: readonly Route[]
  setState(state: ServerState): void
  /** A new link that lets a person of that name sign in to the console, once. */
  signInLink(by: string): Promise<SignInLink>
  /** Answers what is in progress, then frees the port. */
  close(): Promise<void>
}

/** One HTTP server for everything that comes in: webhooks, the management API, health. Rejects with `PORT_TAKEN`. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const host = options.host ?? '127.0.0.1'
  let url = ''
  const context = createContext(options, host, () => options.publicUrl ?? url)
  const routes = await loadRoutes(context)
  context.routes = routes
  const server = createHttp(context)
  refuseUndeclared(server)
  takeRawBodies(server)
  mount(server, routes, context, createGate(context))
  server.setErrorHandler((error, request, reply) => answerProblem(context, error, request, reply))
  server.setNotFoundHandler((request, reply) => answerProblem(context, notFound(routes, request), request, reply))
  await listen(server, host, options.port)
  const { port } = server.server.address() as { port: number }
  url = options.frontUrl ?? `http://${reachable(host)}:${port}`
  return {
    url,
    port,
    routes,
    signInLink: context.signInLink,
    setState(state) {
      context.state.current = state
      if (state === 'draining') context.live.close()
    },
    close() {
      context.live.close()
      context.relay?.close()
      context.budgets.close()
      return server.close()
    },
  }
}

/** As a part of an address: who listens on all addresses is reached on this machine by its loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function createContext(
  options: ServerOptions,
  host: string,
  address: () => string,
): ServerContext & { routes: readonly Route[] } {
  const { clock, engine, operator } = options
  const { tenant, token } = operator
  const folder = options.consoleFolder === undefined ? findConsole() : options.consoleFolder
  const sessions = options.sessions ?? createSessions({ tenant, clock })
  const { membership } = options
  const relay = relayOf(options)
  return {
    engine,
    operator,
    store: options.store,
    vault: options.vault,
    budgets: roundOf(options),
    audit: options.audit,
    clock,
    log: options.log,
    webhooks: options.webhooks,
    senders: options.senders ?? createSenders({ publicUrl: options.publicUrl }),
    simulators: options.simulators ?? [],
    journal: options.journal ?? null,
    membership,
    tenants: options.tenants,
    redact: options.redact ?? ((text) => text),
    meter: options.meter ?? null,
    metrics: options.metrics ?? null,
    isLocal: loopback.has(host) && options.publicUrl === undefined,
    limits: createLimits(options.limits),
    state: { current: options.state ?? 'ready' },
    appName: options.appName ?? 'app',
    startedAt: clock.now(),
    site: createSite(host, options.publicUrl),
    cookie: sessionCookie(options.installation ?? token.reveal()),
    relay,
    live: createLive({ engine, clock, relay }),
    files: folder === null ? null : consoleFiles(folder),
    sessions,
    connecting: options.connecting ?? null,
    publicUrl: () => address().replace(/\/$/, ''),
    async signInLink(by) {
      const { value, expiresAt } = await sessions.issueLink(by)
      return { url: `${address().replace(/\/$/, '')}/console/sign-in?token=${value}`, expiresAt }
    },
    routes: [],
  }
}

function roundOf({ budgets, membership, clock }: ServerOptions): BudgetRound {
  if (membership === null) return aloneRound(budgets)
  const nodes = async (): Promise<number> => (await membership.nodes()).nodes.length
  return new Round({ clock, words: membership, nodes, budgets })
}

function relayOf({ engine, membership, clock }: ServerOptions): Relay | null {
  return membership === null ? null : createRelay({ engine, words: membership, clock })
}

function createHttp(context: ServerContext): FastifyInstance {
  const { limits } = context
  return fastify({
    logger: false,
    genReqId: () => '',
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    http: {
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      maxHeaderSize: limits.headerBytes,
    },
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => answerProblem(context, error, request, reply),
    clientErrorHandler: (error, socket) => answerBrokenRequests(context.log, error, socket),
  })
}

/** Bodies stay bytes: a signature covers them as they came, and each route parses by the declared type. */
function takeRawBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

function notFound(routes: readonly Route[], request: FastifyRequest): TenonError {
  const path = request.url.split('?', 1)[0] ?? ''
  const allowed = allowedMethods(routes, path)
  if (allowed.length === 0) return new TenonError('NOT_FOUND', 'no such path')
  return new TenonError('METHOD_NOT_ALLOWED', `only ${allowed.join(', ')}`, { details: { allow: allowed } })
}

function answerProblem(context: ServerContext, thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = errorFrom(thrown)
  const fields = {
    method: request.method,
    path: printablePath(request),
    status: error.status,
    code: error.code,
    reason: error.message,
  }
  if (error.code === 'INTERNAL') context.log.error('request.failed', { ...fields, error: thrown })
  else context.log.warn('request.refused', fields)
  const problem = problemOf(error, callerOf(request) === undefined ? 'anyone' : 'operator')
  void reply.code(error.status).headers(problemHeaders(error)).send(JSON.stringify(problem))
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    throw listenError(error, host, port)
  }
}
