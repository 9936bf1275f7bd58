import { durationMs } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'
import type { App } from '../definition/app.ts'
import type { Connector } from '../definition/connector.ts'
import type { CallOptions, Flow, Uses } from '../definition/flow.ts'
import { idempotencyOf, repeatOf, type OperationOptions, type Paging, type Repeat } from '../definition/operation.ts'
import { retryPolicy, type RetryPolicy } from '../outbound/retry.ts'
import { pagesOf } from './pages.ts'

/** A flow, prepared once: what is derived from its definition is not derived again per run. */
export interface FlowPlan {
  readonly flow: Flow
  readonly name: string
  readonly version: number
  readonly concurrency: number
  readonly timeoutMs: number | null
  readonly retry: RetryPolicy
  readonly keyUntilFirstWait: boolean
  readonly skipsBlocked: boolean
  /** By alias, an object whose operations are called on behalf of the run it is given. */
  readonly bindings: readonly (readonly [alias: string, client: ClientPlan])[]
}

export interface ClientPlan {
  readonly alias: string
  readonly connector: Connector
  /** Name of the connection, `null` for the tenant's only one or that of the event. */
  readonly connection: string | null
  readonly operations: Readonly<Record<string, CallPlan>>
  /** Makes the client of one run. */
  readonly bind: (caller: Caller) => object
}

export interface CallPlan {
  readonly client: ClientPlan
  readonly operation: string
  /** `alias.operation`. */
  readonly base: string
  readonly repeat: Repeat
  /** How long the provider remembers a key, `null` where it takes none. */
  readonly keyLifeMs: number | null
  /** `null` for an operation that gives all at once. */
  readonly paging: Paging | null
}

export interface Caller {
  call(plan: CallPlan, input: unknown, options: CallOptions | undefined): Promise<unknown>
}

export interface AppPlan {
  readonly flows: readonly FlowPlan[]
  /** The flow of that name, in that version; the newest without one. */
  find(name: string, version?: number): FlowPlan | null
}

export function planApp(app: App): AppPlan {
  const flows = app.options.flows.map(planFlow)
  const byName = new Map<string, FlowPlan[]>()
  for (const plan of flows) {
    const versions = byName.get(plan.name) ?? []
    versions.push(plan)
    versions.sort((left, right) => right.version - left.version)
    byName.set(plan.name, versions)
  }
  return {
    flows,
    find(name, version) {
      const versions = byName.get(name) ?? []
      if (version === undefined) return versions[0] ?? null
      return versions.find((plan) => plan.version === version) ?? null
    },
  }
}

function planFlow(flow: Flow): FlowPlan {
  const { options } = flow
  return {
    flow,
    name: flow.name,
    version: flow.version,
    concurrency: options.concurrency ?? Number.POSITIVE_INFINITY,
    timeoutMs: options.timeout === undefined ? null : durationMs(options.timeout, `timeout of flow ${flow.name}`),
    retry: retryPolicy(options.retry),
    keyUntilFirstWait: options.keyUntil === 'first-wait',
    skipsBlocked: options.onBlocked === 'skip',
    bindings: Object.entries((options.uses ?? {}) as Uses).map(([alias, use]) => [alias, planClient(alias, use)]),
  }
}

function planClient(alias: string, use: Uses[string]): ClientPlan {
  const connector = (use.kind === 'connector' ? use : use.connector) as Connector
  const operations: Record<string, CallPlan> = {}
  const plan: ClientPlan = {
    alias,
    connector,
    connection: use.kind === 'connector' ? null : use.name,
    operations,
    bind: bindingOf(operations),
  }
  for (const [name, options] of Object.entries(connector.options.operations))
    operations[name] = planCall(plan, name, options)
  return plan
}

function planCall(client: ClientPlan, operation: string, options: OperationOptions): CallPlan {
  const idempotency = idempotencyOf(options, client.connector.options.idempotency)
  return {
    client,
    operation,
    base: `${client.alias}.${operation}`,
    repeat: repeatOf(options, client.connector.options.idempotency),
    keyLifeMs:
      idempotency === null ? null : durationMs(idempotency.life, `idempotency.life of ${client.connector.name}`),
    paging: options.paging ?? null,
  }
}

// One class per client of a flow: a run's client is then one small object, whatever the number of operations.
function bindingOf(operations: Readonly<Record<string, CallPlan>>): ClientPlan['bind'] {
  let Bound: (new (caller: Caller) => object) | null = null
  return (caller) => new (Bound ??= classOf(operations))(caller)
}

function classOf(operations: Readonly<Record<string, CallPlan>>): new (caller: Caller) => object {
  class Bound {
    readonly #caller: Caller

    constructor(caller: Caller) {
      this.#caller = caller
    }

    // A getter, so that a destructured operation keeps its run.
    static offer(name: string, plan: CallPlan): void {
      Object.defineProperty(Bound.prototype, name, {
        enumerable: true,
        get(this: Bound) {
          return operationFor(this.#caller, plan)
        },
      })
    }
  }
  for (const [name, plan] of Object.entries(operations)) Bound.offer(name, plan)
  return Bound
}

function operationFor(caller: Caller, plan: CallPlan): object {
  const call = (input: unknown, options?: CallOptions): Promise<unknown> => caller.call(plan, input, options)
  if (plan.paging === null) return call
  const paged = { base: plan.base, next: plan.paging.next, call }
  return Object.assign(call, {
    pages: (input: unknown, options?: CallOptions) => pagesOf(paged, input, options),
  })
}

export function requireFlow(plan: FlowPlan | null, name: string): FlowPlan {
  if (plan === null) throw new TenonError('NOT_FOUND', `the app has no flow named ${name}`)
  return plan
}
