import { sleep, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { openSession, type OpenSession, type SessionOptions } from './session.ts'

export interface PoolOptions extends SessionOptions {
  /** How many connections there are at most. */
  readonly sessions: number
  /** How long a caller waits for a connection, while the database is away or all are in use. */
  readonly patienceMs: number
}

const firstPauseMs = 50
const longestPauseMs = 500

/** Tries to connect again and again until `deadline`. What a person must change first is told at once. */
export async function connectBefore(
  deadline: number,
  options: SessionOptions & { readonly signal?: AbortSignal },
): Promise<OpenSession> {
  const { clock, signal } = options
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await openSession(options)
    } catch (error) {
      const isHopeless = TenonError.is(error) && !error.retryable
      if (isHopeless || signal?.aborted === true || clock.now() + pauseMs >= deadline) throw error
      await sleep(clock, pauseMs, signal)
    }
  }
}

interface Waiting {
  readonly resolve: (session: OpenSession) => void
  readonly reject: (error: Error) => void
  readonly cancel: () => void
}

/** Holds connections, opens them when they are needed, and drops those that were lost. */
export class Pool {
  readonly #options: PoolOptions
  readonly #clock: Clock
  readonly #idle: OpenSession[] = []
  readonly #waiting: Waiting[] = []
  readonly #closing = new AbortController()
  #open = 0
  #closed: Promise<void> | null = null
  #whenEmpty: () => void = () => undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.#clock = options.clock
  }

  async during<Result>(act: (session: OpenSession) => Promise<Result>): Promise<Result> {
    const session = await this.#take()
    try {
      return await act(session)
    } finally {
      this.#giveBack(session)
    }
  }

  /** What is under way ends in peace; who waits is refused. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end())
  }

  async #end(): Promise<void> {
    this.#closing.abort()
    this.#refuseAll(this.#isClosed())
    for (const session of this.#idle.splice(0)) this.#drop(session)
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#whenEmpty = resolve))
  }

  async #take(): Promise<OpenSession> {
    if (this.#closing.signal.aborted) throw this.#isClosed()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    const { sessions, patienceMs } = this.#options
    if (this.#open < sessions) return this.#connect(this.#clock.now() + patienceMs)
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject, cancel: this.#clock.after(patienceMs, () => this.#giveUp(waiting)) }
      this.#waiting.push(waiting)
    })
  }

  async #connect(deadline: number): Promise<OpenSession> {
    this.#open += 1
    try {
      const session = await connectBefore(deadline, { ...this.#options, signal: this.#closing.signal })
      session.onLost(() => this.#forget(session))
      return session
    } catch (error) {
      this.#leave()
      // Who waits for a connection to come free would wait in vain.
      if (this.#open === 0) this.#refuseAll(error as Error)
      throw error
    }
  }

  #refuseAll(error: Error): void {
    for (const { reject, cancel } of this.#waiting.splice(0)) {
      cancel()
      reject(error)
    }
  }

  #giveUp(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
    const { destination, unavailable, sessions, patienceMs } = this.#options
    const problem = `all ${sessions} connections were in use for ${patienceMs} ms`
    waiting.reject(
      new TenonError(unavailable, `the database ${destination.name} cannot be used at the moment: ${problem}`),
    )
  }

  #giveBack(session: OpenSession): void {
    if (session.isLost()) return this.#replace()
    if (this.#closing.signal.aborted) return this.#drop(session)
    const next = this.#waiting.shift()
    if (next === undefined) return void this.#idle.push(session)
    next.cancel()
    next.resolve(session)
  }

  /** A connection was lost in use: who waits gets a new one. */
  #replace(): void {
    this.#leave()
    const next = this.#waiting.shift()
    if (next === undefined) return
    next.cancel()
    this.#connect(this.#clock.now() + this.#options.patienceMs).then(next.resolve, next.reject)
  }

  /** A connection that was lost while it was idle. */
  #forget(session: OpenSession): void {
    const at = this.#idle.indexOf(session)
    if (at < 0) return
    this.#idle.splice(at, 1)
    this.#leave()
  }

  #drop(session: OpenSession): void {
    void session.end().then(() => this.#leave())
  }

  #leave(): void {
    this.#open -= 1
    if (this.#open === 0) this.#whenEmpty()
  }

  #isClosed(): TenonError {
    return new TenonError(this.#options.unavailable, `the database ${this.#options.destination.name} is closed`)
  }
}
