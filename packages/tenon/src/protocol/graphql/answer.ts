import { TenonError } from '../../base/errors.ts'
import type { AnswerParts, ProviderFailure } from '../../definition/operation.ts'
import type { GraphqlWire } from './wire.ts'

type Members = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

/** Codes by which providers say that nothing was done: Apollo's, GitHub's (`type`) and Shopify's. True where it may work later. */
const refusals: ReadonlyMap<string, boolean> = new Map([
  ['UNAUTHENTICATED', false],
  ['FORBIDDEN', false],
  ['ACCESS_DENIED', false],
  ['INSUFFICIENT_SCOPES', false],
  ['BAD_USER_INPUT', false],
  ['GRAPHQL_PARSE_FAILED', false],
  ['GRAPHQL_VALIDATION_FAILED', false],
  ['MAX_COST_EXCEEDED', false],
  ['RATE_LIMITED', true],
  ['RATE_LIMIT', true],
  ['THROTTLED', true],
])

/** The output in an answer. Throws `UPSTREAM_ANSWER_INVALID` for an answer that has none. */
export function readOutput({ body }: AnswerParts, { field }: GraphqlWire): unknown {
  const data = isRecord(body) && Object.hasOwn(body, 'data') ? body['data'] : undefined
  if (isRecord(data) && Object.hasOwn(data, field)) return data[field]
  throw new TenonError('UPSTREAM_ANSWER_INVALID', `expected an object with data and in it ${field}`)
}

/** What `errors` say (GraphQL specification, section 7.1.2); `null` without any. Data beside errors has gaps, so that is a failure too. */
export function readFailure({ body }: AnswerParts, { kind, field }: GraphqlWire): ProviderFailure | null {
  const errors = isRecord(body) ? body['errors'] : undefined
  if (!isRecord(body) || !Array.isArray(errors) || errors.length === 0) return null
  const [first] = errors as readonly unknown[]
  const code = codeOf(first)
  const refused = code === undefined ? undefined : refusals.get(code)
  const didNothing = refused !== undefined || kind === 'query' || !mayHaveDone(body['data'], errors, field)
  const wait = refused === true ? waitMs(body) : undefined
  return {
    message: messageOf(first) + (errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''),
    ...(code !== undefined && { code }),
    ...(refused !== undefined && { retryable: refused }),
    ...(wait !== undefined && { retryAfterMs: wait }),
    fate: didNothing ? 'answered' : 'ambiguous',
  }
}

/** A mutation whose own field failed did not happen; one that failed in what it gives may have. */
function mayHaveDone(data: unknown, errors: readonly unknown[], field: string): boolean {
  if (data === undefined) return false
  if (isRecord(data) && data[field] !== null && data[field] !== undefined) return true
  return errors.some((error) => {
    const path = isRecord(error) ? error['path'] : undefined
    return !Array.isArray(path) || path.length !== 1
  })
}

function messageOf(error: unknown): string {
  const message = isRecord(error) ? error['message'] : error
  return typeof message === 'string' && message !== '' ? message.slice(0, 2000) : 'an error without a message'
}

function codeOf(error: unknown): string | undefined {
  if (!isRecord(error)) return undefined
  const { extensions, type } = error
  const code = isRecord(extensions) && typeof extensions['code'] === 'string' ? extensions['code'] : type
  return typeof code === 'string' && code !== '' ? code.slice(0, 200) : undefined
}

/** How long until the bucket holds what the request costs (shopify.dev, "API limits": `extensions.cost`). */
function waitMs(body: Members): number | undefined {
  const cost = isRecord(body['extensions']) ? body['extensions']['cost'] : undefined
  const status = isRecord(cost) ? cost['throttleStatus'] : undefined
  if (!isRecord(cost) || !isRecord(status)) return undefined
  const { requestedQueryCost: wanted } = cost
  const { currentlyAvailable: left, restoreRate: rate } = status
  if (typeof wanted !== 'number' || typeof left !== 'number' || typeof rate !== 'number' || !(rate > 0))
    return undefined
  const wait = Math.ceil(((wanted - left) / rate) * 1000)
  return Number.isFinite(wait) && wait > 0 ? wait : undefined
}
