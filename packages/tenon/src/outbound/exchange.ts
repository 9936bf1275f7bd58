import type { Dispatcher } from 'undici'
import type { Clock } from '../base/clock.ts'
import { answerRefused, givenUp, lost, timedOut, tooLarge } from './failure.ts'
import { abandoned, type OriginPool } from './origin-pool.ts'
import type { RawAnswer, SendRequest } from './outbound.ts'
import { isPacked, unpack } from './unpack.ts'

type Headers = RawAnswer['headers']

export interface Settle {
  readonly resolve: (answer: RawAnswer | Promise<RawAnswer>) => void
  readonly reject: (error: Error) => void
}

const maxHeaders = 200
/** A body from which nothing comes for so long has stalled, however long the whole may take. */
const idleMs = 30_000
const nothing = Buffer.alloc(0)

/** One request and its answer, as undici tells it. It settles once; whatever comes later is dropped. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: SendRequest
  readonly #pool: OriginPool
  readonly #clock: Clock
  readonly #resolve: (answer: RawAnswer | Promise<RawAnswer>) => void
  readonly #reject: (error: Error) => void
  #isSettled = false
  /** Set once the request may have left. */
  #controller: Dispatcher.DispatchController | null = null
  #status = 0
  #headers: Headers = {}
  #first: Buffer | null = null
  #more: Buffer[] | null = null
  #size = 0
  #cancelTimer: (() => void) | null = null
  #cancelIdle: (() => void) | null = null
  /** The bytes at the last look. */
  #seen = -1
  #onAbort: (() => void) | null = null

  constructor(request: SendRequest, pool: OriginPool, clock: Clock, settle: Settle) {
    this.#request = request
    this.#pool = pool
    this.#clock = clock
    this.#resolve = settle.resolve
    this.#reject = settle.reject
  }

  begin(): void {
    const { signal, timeoutMs } = this.#request
    if (signal !== null) {
      if (signal.aborted) return this.#giveUp(givenUp('not-sent', signal.reason))
      this.#onAbort = () => this.#giveUp(givenUp(this.#controller === null ? 'not-sent' : 'ambiguous', signal.reason))
      signal.addEventListener('abort', this.#onAbort, { once: true })
    }
    this.#cancelTimer = this.#clock.after(timeoutMs, () => this.#giveUp(timedOut(this.#phase(), timeoutMs)))
    this.#dispatch()
  }

  #dispatch(): void {
    this.#pool.dispatch(this.#request, this)
  }

  #phase(): 'connect' | 'headers' | 'body' {
    if (this.#controller === null) return 'connect'
    return this.#status === 0 ? 'headers' : 'body'
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, for an abort here would cost the socket, which has not been written to.
    if (this.#isSettled) throw abandoned
    const refusal = this.#request.onLeaving?.() ?? null
    if (refusal !== null) {
      this.#giveUp(refusal)
      throw abandoned
    }
    this.#controller = controller
    this.#pool.started()
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.#isSettled) return
    this.#status = status
    this.#headers = headers
    if (Number(controller.rawHeaders?.length ?? 0) > 2 * maxHeaders)
      this.#giveUp(answerRefused(`more than ${maxHeaders} headers; look at the address of the connection`))
    else if (Number(headers['content-length']) > this.#request.maxAnswerBytes && this.#request.method !== 'HEAD')
      this.#refuseSize()
    else if (this.#request.timeoutMs > idleMs) this.#watchIdle()
  }

  /** Looks now and then instead of starting a timer anew for each chunk. */
  #watchIdle(): void {
    if (this.#isSettled) return
    if (this.#size === this.#seen) return this.#giveUp(timedOut('idle', idleMs))
    this.#seen = this.#size
    this.#cancelIdle = this.#clock.after(idleMs, () => this.#watchIdle())
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return
    this.#size += chunk.length
    if (this.#size > this.#request.maxAnswerBytes) return this.#refuseSize()
    if (this.#first === null) this.#first = chunk
    else (this.#more ??= []).push(chunk)
  }

  onResponseEnd(): void {
    if (this.#isSettled) return
    this.#settle()
    const answer = this.#answer(true)
    this.#resolve(isPacked(answer) ? unpack(answer, this.#request.maxAnswerBytes) : answer)
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isSettled) return
    if (error === abandoned && this.#controller === null) {
      // Another request's giving up took this one's connection: it waits for a new one, and is still counted as waiting.
      this.#pool.gaveUp()
      return this.#dispatch()
    }
    this.#fail(lost(error, this.#controller === null, this.#request.origin))
  }

  #refuseSize(): void {
    this.#giveUp(tooLarge(this.#request.maxAnswerBytes))
  }

  #giveUp(error: Error): void {
    if (this.#isSettled) return
    this.#fail(error)
    this.#controller?.abort(error)
  }

  #fail(error: Error): void {
    const isWaiting = this.#controller === null
    this.#settle()
    // An answer that says itself that it is no success is heard, however its body ended.
    if (this.#status >= 300) this.#resolve(this.#answer(false))
    else this.#reject(error)
    if (isWaiting && this.#cancelTimer !== null) this.#pool.gaveUp()
  }

  #settle(): void {
    this.#isSettled = true
    this.#cancelTimer?.()
    this.#cancelIdle?.()
    if (this.#onAbort !== null) this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }

  #answer(isComplete: boolean): RawAnswer {
    const body =
      this.#more === null
        ? (this.#first ?? nothing)
        : Buffer.concat([this.#first ?? nothing, ...this.#more], this.#size)
    return { status: this.#status, headers: this.#headers, body, isComplete }
  }
}
