import type { Clock } from '../base/clock.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { givenUp, lost, timedOut, tooLarge } from '../outbound/failure.ts'
import type { RawAnswer, SendRequest, Transport } from '../outbound/outbound.ts'
import { Answer, bytesOf, queryIn, type OpenSimulator, type Outcome } from '../simulator/simulator.ts'
import type { Attempts } from './attempts.ts'

export interface InProcessOptions {
  readonly simulator: OpenSimulator
  /** Of the process that calls. */
  readonly clock: Clock
  /** Knows which try of which step a request belongs to. */
  readonly attempts: Attempts
  /** In PEM, of a connection that shows one: there is no handshake that could tell it. */
  readonly clientCertificate?: string
}

/** Ends at a simulator in this process, within the limits of a real transport: no socket is opened. */
export function inProcessTransport(options: InProcessOptions): Transport {
  return { send: (request) => new Exchange(options, request).begin(), close: async () => undefined }
}

class Exchange {
  readonly #options: InProcessOptions
  readonly #request: SendRequest
  readonly #answered = Promise.withResolvers<RawAnswer>()
  #cancelTimer: () => void = () => undefined

  constructor(options: InProcessOptions, request: SendRequest) {
    this.#options = options
    this.#request = request
  }

  begin(): Promise<RawAnswer> {
    const { signal, timeoutMs } = this.#request
    if (signal?.aborted === true) return Promise.reject(givenUp('not-sent', signal.reason))
    const giveUp = (): void => this.#answered.reject(givenUp('ambiguous', signal?.reason))
    signal?.addEventListener('abort', giveUp, { once: true })
    this.#cancelTimer = this.#options.clock.after(timeoutMs, () =>
      this.#answered.reject(timedOut('headers', timeoutMs)),
    )
    this.#ask().then(
      (outcome) => this.#take(outcome),
      (error: unknown) => this.#answered.reject(error),
    )
    return this.#answered.promise.finally(() => {
      this.#cancelTimer()
      signal?.removeEventListener('abort', giveUp)
    })
  }

  async #ask(): Promise<Taken> {
    const { simulator, attempts, clientCertificate } = this.#options
    const url = new URL(this.#request.path, this.#request.origin)
    const request: RawRequest = {
      method: this.#request.method,
      headers: { host: url.host, ...headersOf(this.#request.headers) },
      query: queryIn(url.searchParams),
      body: bodyOf(this.#request.body),
      url: this.#request.origin + this.#request.path,
      ...(clientCertificate !== undefined && { clientCertificate }),
    }
    const fault = attempts.requestFault()
    if (fault === 'unreachable') throw lost(broken('ECONNREFUSED'), true, this.#request.origin)
    // It is drawn before the simulator first waits for anything, so no other request can take it.
    const takeBack = fault === null ? () => undefined : simulator.faults.request(fault)
    const answering = simulator.answer(url.pathname, request)
    takeBack()
    const outcome = await answering
    const date = new Date(this.#options.clock.now()).toUTCString()
    return { outcome, headers: { date, ...simulator.headers(request) } }
  }

  #take({ outcome, headers }: Taken): void {
    if (outcome === 'silence') return
    if (outcome === 'break') return this.#answered.reject(this.#lost())
    if (outcome instanceof Answer) return this.#answer(outcome, headers, true)
    const { answer, how, overMs } = outcome
    if (how === 'drips') return void this.#options.clock.after(overMs, () => this.#answer(answer, headers, true))
    // An answer that says itself that it is no success is heard, however its body ended.
    if (answer.status >= 300) return this.#answer(answer, headers, false)
    this.#answered.reject(this.#lost())
  }

  #answer(answer: Answer, headers: Readonly<Record<string, string>>, isComplete: boolean): void {
    const bytes = bytesOf(answer)
    const { maxAnswerBytes } = this.#request
    if (bytes.length > maxAnswerBytes) return this.#answered.reject(tooLarge(maxAnswerBytes))
    this.#answered.resolve({
      status: answer.status,
      headers: { 'content-type': 'application/json', ...lowerCase(headers), ...lowerCase(answer.headers) },
      body: isComplete ? bytes : bytes.subarray(0, Math.floor(bytes.length / 2)),
      isComplete,
    })
  }

  #lost(): Error {
    return lost(broken('ECONNRESET'), false, this.#request.origin)
  }
}

interface Taken {
  readonly outcome: Outcome
  readonly headers: Readonly<Record<string, string>>
}

function bodyOf(body: SendRequest['body']): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array(0))
}

/** From name, value, name, value. */
function headersOf(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < flat.length; at += 2) headers[(flat[at] ?? '').toLowerCase()] = flat[at + 1] ?? ''
  return headers
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function broken(code: string): Error {
  return Object.assign(new Error('the connection broke'), { code })
}
