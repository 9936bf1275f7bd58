import { durationMs } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'
import { validate } from '../base/schema.ts'
import type { Authentication } from '../connection/authentication.ts'
import type { BaseUrl } from '../connection/base-url.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import type { Connector } from '../definition/connector.ts'
import {
  idempotencyOf,
  repeatOf,
  type Idempotency,
  type OperationOptions,
  type Repeat,
} from '../definition/operation.ts'
import type { Transport } from '../outbound/outbound.ts'
import type { Pipeline } from '../outbound/pipeline.ts'
import { parsePath, type PathTemplate } from './path.ts'

/** What stays the same in all calls of one operation by one connection; worked out once. */
export interface Plan {
  /** `stripe.createRefund` */
  readonly what: string
  readonly name: string
  readonly operation: OperationOptions
  readonly connector: Connector
  readonly base: BaseUrl
  readonly path: PathTemplate
  readonly place: 'query' | 'body'
  readonly form: 'json' | 'form'
  /** Name, value, name, value: what every request has. */
  readonly headers: readonly string[]
  readonly repeat: Repeat
  readonly idempotency: Idempotency | null
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
  /** Followed at most. */
  readonly redirects: number
  readonly lookup: Plan | null
  readonly line: Line
}

/** One connection, opened: what its calls share. */
export interface Line {
  readonly connection: ResolvedConnection
  readonly base: BaseUrl
  readonly transport: Transport
  readonly pipeline: Pipeline
  readonly authentication: Authentication
  /** Once the renewal of its tokens that is under way has ended: what a provider has given out must be kept. */
  close(): Promise<void>
}

const mostRedirects = 5
const defaultTimeout = '30s'
const defaultMaxAnswerBytes = 10 * 1024 * 1024

export function planOf(line: Line, connector: Connector, name: string): Plan {
  const { options } = connector
  const operation = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined
  if (operation === undefined)
    throw new TenonError('APP_INVALID', `connector ${connector.name} has no operation ${name}`)
  const what = `${connector.name}.${name}`
  const repeat = repeatOf(operation, options.idempotency)
  const form = operation.body ?? 'json'
  return {
    what,
    name,
    operation,
    connector,
    base: line.base,
    path: parsePath(line.base.path, operation.path, what),
    place: ['GET', 'HEAD', 'DELETE'].includes(operation.method) ? 'query' : 'body',
    form,
    headers: baseHeaders(connector),
    repeat,
    // A connector's general key is only sent where it decides about repeating.
    idempotency:
      repeat === 'keyed' ? idempotencyOf(operation, options.idempotency) : (operation.idempotency ?? null) || null,
    timeoutMs: durationMs(operation.timeout ?? options.timeout ?? defaultTimeout, `${what}: timeout`),
    maxAnswerBytes: options.maxAnswerBytes ?? defaultMaxAnswerBytes,
    redirects: redirectsOf(operation, what),
    lookup: operation.lookup === undefined ? null : lookupPlan(line, connector, operation.lookup.operation, what),
    line,
  }
}

function redirectsOf({ redirects = 0 }: OperationOptions, what: string): number {
  if (Number.isInteger(redirects) && redirects >= 0 && redirects <= mostRedirects) return redirects
  throw new TenonError(
    'APP_INVALID',
    `${what}: redirects is ${redirects}; expected a whole number from 0 to ${mostRedirects}`,
  )
}

function lookupPlan(line: Line, connector: Connector, name: string, what: string): Plan {
  const plan = planOf(line, connector, name)
  if (plan.repeat === 'harmless') return plan
  throw new TenonError(
    'APP_INVALID',
    `${what}: its lookup ${plan.what} changes something; only an operation that may be repeated freely can look up`,
  )
}

function baseHeaders({ name, options }: Connector): string[] {
  const headers = ['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'tenon']
  addHeaders(headers, options.headers ?? {}, `connector ${name}`)
  return headers
}

const reserved = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Adds a definition's own headers, the later in place of the earlier. Those that steer the connection or authenticate are not theirs to set. */
export function addHeaders(headers: string[], more: Readonly<Record<string, string>>, what: string): void {
  for (const [name, value] of Object.entries(more)) {
    const lower = name.toLowerCase()
    if (reserved.has(lower))
      throw new TenonError(
        'APP_INVALID',
        `${what} may not set the header ${lower}: it belongs to the transport or to auth`,
      )
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new TenonError(
        'INPUT_INVALID',
        `${what}: the header ${lower} has a line break or another character that a header cannot carry`,
      )
    }
    const at = headers.findIndex((part, index) => index % 2 === 0 && part === lower)
    if (at < 0) headers.push(lower, value)
    else headers[at + 1] = value
  }
}

/** The input, checked against the operation's schema. */
export function checkedInput(plan: Plan, input: unknown): unknown {
  return validate(plan.operation.input, input, plan.what)
}
