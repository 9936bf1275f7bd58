import CachePolicy from 'http-cache-semantics'
import type { Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { KeptAnswers, type KeptAnswer } from '../kept-answers.ts'
import { fateOf, type RawAnswer } from '../outbound.ts'
import type { Policy, PolicyCall, PolicyDefinition } from '../policy.ts'
import { isRead } from './coalesce.ts'

const defaultMaxBytes = 8 * 1024 * 1024

/**
 * A private cache (RFC 9111) of one connection: of one tenant, one credential. It keeps what an answer explicitly allows to keep and guesses no life of its own;
 * a change that goes through the connection empties it.
 */
export const policy: PolicyDefinition = {
  stage: 'cache',
  open({ clock, connector, connection, options }) {
    if (options.cache === false) return null
    const maxBytes = options.cache?.maxBytes ?? defaultMaxBytes
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 0)
      throw new TenonError(
        'APP_INVALID',
        `connection ${connector}/${connection}: cache.maxBytes is ${String(maxBytes)}; expected a whole number of bytes`,
      )
    return new Cache(clock, maxBytes)
  },
}

type Next = (call: PolicyCall) => Promise<RawAnswer>

class Cache implements Policy {
  readonly #kept: KeptAnswers
  readonly #OwnPolicy: typeof CachePolicy

  constructor(clock: Clock, maxBytes: number) {
    this.#kept = new KeptAnswers(maxBytes)
    this.#OwnPolicy = class extends CachePolicy {
      now(): number {
        return clock.now()
      }
    }
  }

  around(call: PolicyCall, next: Next): Promise<RawAnswer> {
    if (!isRead(call)) return this.#change(call, next)
    const { path, method } = call.request
    const key = method === 'GET' ? path : `${method} ${path}`
    const kept = this.#kept.get(key)
    if (kept !== undefined) return this.#answered(key, kept, { call, next })
    const { age } = this.#kept
    return next(call).then((answer) => {
      if (isKeepable(answer)) this.#keep(key, call, { answer, age })
      return answer
    })
  }

  /** What was read before it may no longer be so, whatever its address: `POST /orders` changes `GET /orders?page=2`. */
  #change(call: PolicyCall, next: Next): Promise<RawAnswer> {
    return next(call).then(
      (answer) => {
        if (answer.status < 400 || answer.status >= 500) this.#kept.clear()
        return answer
      },
      (error: unknown) => {
        if (fateOf(error) === 'ambiguous') this.#kept.clear()
        throw error
      },
    )
  }

  async #answered(key: string, kept: KeptAnswer, { call, next }: { call: PolicyCall; next: Next }): Promise<RawAnswer> {
    const asked = askedOf(call)
    if (hasOwnCondition(asked.headers)) return next(call)
    if (kept.policy.satisfiesWithoutRevalidation(asked)) return fromKept(kept)
    const { age } = this.#kept
    const conditions = conditionsOf(kept.policy.revalidationHeaders(asked))
    const answer = await next(withHeaders(call, conditions))
    if (answer.status !== 304 || conditions.length === 0) {
      if (isKeepable(answer)) this.#keep(key, call, { answer, age })
      else if (answer.status < 500) this.#kept.delete(key)
      return answer
    }
    const { policy, matches } = kept.policy.revalidatedPolicy(asked, { status: 304, headers: flattened(answer) })
    if (!matches) {
      // It speaks of an answer that we do not have.
      this.#kept.delete(key)
      return next(call)
    }
    const renewed = { ...kept, policy }
    if (age === this.#kept.age) this.#kept.set(key, policy, kept)
    return fromKept(renewed)
  }

  #keep(key: string, call: PolicyCall, { answer, age }: { answer: RawAnswer; age: number }): void {
    const asked = askedOf(call)
    if (age !== this.#kept.age || hasOwnCondition(asked.headers)) return
    const received = { status: answer.status, headers: flattened(answer) }
    const policy = new this.#OwnPolicy(asked, received, { shared: false, cacheHeuristic: 0 })
    if (policy.storable() && (policy.maxAge() > 0 || hasValidator(answer))) this.#kept.set(key, policy, answer)
    else this.#kept.delete(key)
  }
}

/** Stricter than RFC 9111 §3: the life must be said, for a guess is wrong about data that others change; and a cookie is for one answer. */
function isKeepable({ status, headers, isComplete }: RawAnswer): boolean {
  const control = headers['cache-control']
  if (control === undefined && headers['expires'] === undefined) return false
  if (!isComplete || status >= 300 || headers['set-cookie'] !== undefined) return false
  const directives = joined(control).toLowerCase()
  // Two lives: which one is meant is not known (§4.2.1).
  return !directives.includes('no-store') && (directives.match(/(?:^|[\s,])max-age\s*=/g)?.length ?? 0) < 2
}

function hasValidator({ headers }: RawAnswer): boolean {
  return headers['etag'] !== undefined || headers['last-modified'] !== undefined
}

/** A request that has a condition or a range of its own is between the flow and the provider. */
function hasOwnCondition(headers: CachePolicy.Headers): boolean {
  return ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range'].some((name) =>
    Object.hasOwn(headers, name),
  )
}

function askedOf({ request }: PolicyCall): CachePolicy.HttpRequest & { readonly headers: CachePolicy.Headers } {
  const headers = Object.create(null) as CachePolicy.Headers
  for (let index = 0; index < request.headers.length; index += 2)
    headers[(request.headers[index] as string).toLowerCase()] = request.headers[index + 1]
  return { method: request.method, url: request.path, headers }
}

function conditionsOf(headers: CachePolicy.Headers): string[] {
  return ['if-none-match', 'if-modified-since'].flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [name, value] : []
  })
}

function withHeaders(call: PolicyCall, more: readonly string[]): PolicyCall {
  return { ...call, request: { ...call.request, headers: [...call.request.headers, ...more] } }
}

/** As the library reads them: one text per name, directives in lower case. */
function flattened({ headers }: RawAnswer): CachePolicy.Headers {
  const flat = Object.create(null) as CachePolicy.Headers
  for (const [name, value] of Object.entries(headers)) flat[name] = joined(value)
  if (flat['cache-control'] !== undefined) flat['cache-control'] = joined(flat['cache-control']).toLowerCase()
  return flat
}

function joined(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(', ')
}

function fromKept({ policy, status, body }: KeptAnswer): RawAnswer {
  return { status, headers: policy.responseHeaders(), body, isComplete: true }
}
