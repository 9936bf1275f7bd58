import { TenonError } from '../base/errors.ts'
import { requireUrl } from './origin.ts'
import type { Transport } from './outbound.ts'

export interface FetchOptions {
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
  /** Origin of a simulator: it gets what the provider's own hosts would be asked. */
  readonly standIn?: string
}

/** The guarded way out in the form of `fetch`, for libraries that take one (`customFetch` of oauth4webapi). A redirect is an answer: it is not followed. */
export function guardedFetch(
  transport: Pick<Transport, 'send'>,
  { timeoutMs, maxAnswerBytes, standIn }: FetchOptions,
): typeof globalThis.fetch {
  return async (input, init) => {
    const url = requireUrl(input instanceof Request ? input.url : String(input))
    const request = new Request(input, init)
    const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer())
    const answer = await transport.send({
      origin: standIn ?? url.origin,
      method: request.method,
      path: url.pathname + url.search,
      headers: ['accept-encoding', 'identity', ...[...request.headers].flat()],
      body,
      timeoutMs,
      maxAnswerBytes,
      signal: request.signal,
    })
    if (!answer.isComplete)
      throw new TenonError('UPSTREAM_UNAVAILABLE', `the answer of ${url.origin} broke off`, {
        details: { fate: 'answered', status: answer.status },
      })
    const headers = new Headers()
    for (const [name, value] of Object.entries(answer.headers))
      for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one)
    const isEmpty = [101, 204, 205, 304].includes(answer.status)
    return new Response(isEmpty ? null : new Uint8Array(answer.body), { status: answer.status, headers })
  }
}
