import type { Clock } from '../base/clock.ts'
import type { TenonError } from '../base/errors.ts'
import type { ClientCertificate } from '../connection/auth-scheme.ts'
import type { Connections, ResolvedConnection } from '../connection/connection.ts'
import { reachOf, type Purpose } from '../connection/reach.ts'
import type { Connector } from '../definition/connector.ts'
import type { PolicyOptions, Priority } from '../definition/policy.ts'
import { Budgets } from '../outbound/budget/budgets.ts'
import { nobody, type Others } from '../outbound/others.ts'
import type { Transport } from '../outbound/outbound.ts'
import type { PolicyContext, PolicyDefinition, Resting } from '../outbound/policy.ts'
import type { Fate } from '../outbound/retry.ts'
import { createTransport } from '../outbound/transport.ts'
import { requireUndici } from '../outbound/undici-version.ts'
import { silentMeter, type CallMeter, type RenewalMeter } from '../telemetry/meter.ts'
import { createCall } from './call.ts'
import { LeavingLines } from './leaving-lines.ts'
import { openLine } from './line.ts'
import { planOf, type Line, type Plan } from './plan.ts'
import type { CallTrace } from './trace.ts'

/** Connector + connection -> one try of an operation through the pipeline. It knows no journal and, in flows, no retry: the engine wraps it. */
export interface Client {
  call(request: CallRequest): Promise<CallAnswer>
}

export interface CallRequest {
  readonly tenant: string
  readonly connector: Connector
  /** Name of the connection; empty for the tenant's only one of this connector. */
  readonly connection: string
  readonly operation: string
  /** Validated here against the operation's schema. */
  readonly input: unknown
  /** Sent where and how the connector says; `null` where the operation takes none. */
  readonly idempotencyKey: string | null
  /** True when an earlier try may have reached the provider: an operation with a lookup looks first. */
  readonly mayHaveHappened: boolean
  /** Is asked when policies and authentication have let the call through, each time that it is sent: nothing of it leaves before what this returns resolves. Default: nothing. */
  readonly beforeLeaving?: (() => void | Promise<void>) | null
  readonly timeoutMs: number | null
  readonly signal: AbortSignal | null
  /** Name of the flow that it belongs to; default `null`, for a call outside flows. Only such a call is tried again here: in a flow the engine does it. */
  readonly flow?: string | null
  /** Default `interactive`. */
  readonly priority?: Priority
  /** Number of the try of the logical call, from 1, which is the default. */
  readonly attempt?: number
  /** When it was first asked for, over all tries and postponements, in milliseconds since the epoch; default: now. */
  readonly since?: number
  /** How long it may wait in this process for its turn; default: as long as the call may take. */
  readonly patienceMs?: number
  /** Is called back when its turn comes sooner than a postponement said; default `null`. */
  readonly resting?: Resting | null
  /** Sees what is sent and answered. */
  readonly trace?: CallTrace
}

/** `connection` names the one that was used, once it was found. */
export type CallAnswer = { readonly connection?: string } & (
  | { readonly outcome: 'answered'; readonly output: unknown; readonly status: number }
  /** The lookup found the effect of an earlier try. */
  | { readonly outcome: 'found'; readonly output: unknown; readonly status: number }
  | { readonly outcome: 'failed'; readonly error: TenonError; readonly fate: Fate; readonly status: number | null }
)

export interface ClientOptions {
  readonly connections: Connections
  readonly clock: Clock
  readonly meter?: CallMeter & RenewalMeter
  /** What every connection's calls go through, as `loadPolicies` gives them; default none. */
  readonly policies?: readonly PolicyDefinition[]
  /** The app's, by name of the connector. */
  readonly policyOptions?: Readonly<Record<string, PolicyOptions>>
  /** Default: its own. */
  readonly budgets?: Budgets
  /** The nodes that call the same upstreams; default: there are none. */
  readonly others?: Others
  /** Shares of what these may use together; default `null`, where there is one process only. */
  readonly leases?: PolicyContext['leases']
  /** Chance, from 0 to below 1; default `Math.random`. */
  readonly random?: () => number
  /** Is told of each secret that a login obtains, so that logs can be kept free of it. */
  readonly onSecret?: (secret: string) => void
  /** Origins that the operator lets connections have, or ask for tokens at, although their addresses are not public. */
  readonly allowedOrigins?: readonly string[]
  /** Default: a guarded transport for each connection; a simulated one may also reach its own local origin. */
  readonly transportFor?: (
    connection: ResolvedConnection,
    tls: ClientCertificate | undefined,
    purpose: Purpose,
  ) => Transport
}

/** A client that owns its sockets. */
export interface OpenClient extends Client {
  close(): Promise<void>
}

export function createClient(options: ClientOptions): OpenClient {
  const { connections, clock, onSecret, meter = silentMeter, allowedOrigins = [] } = options
  const { transportFor = guardedTransport(clock, connections, allowedOrigins) } = options
  const { policies = [], policyOptions = {}, budgets = new Budgets({ clock }), random = Math.random } = options
  const { others = nobody, leases = null } = options
  const shared = new Map<string, unknown>()
  const pipeline = {
    policies,
    budgets,
    others,
    leases,
    random,
    // Their own: what policies share must not be found by what is inherited.
    optionsOf: (name: string) => (Object.hasOwn(policyOptions, name) ? policyOptions[name] : undefined),
    shared: <Value>(key: string, make: () => Value): Value => {
      if (!shared.has(key)) shared.set(key, make())
      return shared.get(key) as Value
    },
  }
  const opened = new Map<
    ResolvedConnection,
    { readonly line: Line; readonly plans: Map<Connector, Map<string, Plan>> }
  >()

  const leaving = new LeavingLines(clock)
  connections.onChange?.((left) => {
    const line = left === null ? undefined : opened.get(left)?.line
    if (left !== null) opened.delete(left)
    if (line !== undefined) leaving.add(line)
  })

  function planFor({ tenant, connector, connection: name, operation }: CallRequest): Plan {
    const connection = connections.resolve(tenant, connector.name, name === '' ? null : name)
    let known = opened.get(connection)
    if (known === undefined) {
      const line = openLine({
        connection,
        scheme: connections.schemeOf(connection),
        openTransport: (tls, purpose) => transportFor(connection, tls, purpose),
        clock,
        pipeline,
        meter,
        shelf: connections.shelfOf?.(connection) ?? null,
        ...(onSecret && { onSecret }),
      })
      opened.set(connection, (known = { line, plans: new Map() }))
    }
    let plans = known.plans.get(connector)
    if (plans === undefined) known.plans.set(connector, (plans = new Map()))
    let plan = plans.get(operation)
    if (plan === undefined) plans.set(operation, (plan = planOf(known.line, connector, operation)))
    return plan
  }

  return {
    call: createCall({ planFor, used: connections.used?.bind(connections), clock, meter }),
    async close() {
      await Promise.all([leaving.close(), ...[...opened.values()].map(({ line }) => line.close())])
    },
  }
}

function guardedTransport(
  clock: Clock,
  connections: Connections,
  allowed: readonly string[],
): NonNullable<ClientOptions['transportFor']> {
  // Told at the start, not with the first call.
  requireUndici()
  return (connection, tls, purpose) => {
    const allowedOrigins = reachOf({ connection, scheme: connections.schemeOf(connection), allowed }, purpose)
    return createTransport({ clock, allowedOrigins, ...(tls && { tls }) })
  }
}
