/** The only source of time: tests and the simulation put a virtual one in its place. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, callback: () => void): () => void
  /** Calls back when everything that can run now, microtasks included, has run. */
  whenQuiet(callback: () => void): void
}

const longestTimeout = 2_147_483_647

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // Longer than setTimeout can hold: wait in parts, or it would fire at once.
    if (delayMs > longestTimeout) {
      let cancelRest: () => void = () => clearTimeout(first)
      const first = setTimeout(() => {
        cancelRest = systemClock.after(delayMs - longestTimeout, callback)
      }, longestTimeout)
      return () => cancelRest()
    }
    const timer = setTimeout(callback, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
  whenQuiet: (callback) => {
    setImmediate(callback)
  },
}

/** Resolves after `delayMs` on that clock, earlier when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    const onAbort = (): void => {
      cancel()
      resolve()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Resolves when the work is over, however it ended, or after that time. */
export function atMost(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, resolve)
    const end = (): void => {
      cancel()
      resolve()
    }
    work.then(end, end)
  })
}
