import { sleep } from '../base/clock.ts'
import { connectBefore } from './pool.ts'
import type { OpenSession, SessionOptions } from './session.ts'

export interface Listener {
  /** A word of `NOTIFY` on that channel. */
  told(payload: string): void
  /** Words are heard from now on; some may have been missed before. */
  ready(): void
}

/** A connection that nobody hears through would be silent for ever. */
const questionMs = 10_000
const pauseMs = 500

/** `LISTEN` on a connection of its own, which is made again whenever it is lost. The returned function ends it. */
export function listen(channel: string, listener: Listener, options: SessionOptions): () => Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  const done = keepListening()

  async function keepListening(): Promise<void> {
    while (!signal.aborted) {
      try {
        await listenOnce(await connectBefore(options.clock.now() + options.timeoutMs, { ...options, signal }))
      } catch {
        // The next try says whether it is back.
        await sleep(options.clock, pauseMs, signal)
      }
    }
  }

  async function listenOnce(session: OpenSession): Promise<void> {
    try {
      session.onNotification((_channel, payload) => {
        if (!signal.aborted) listener.told(payload)
      })
      const lost = new Promise<void>((resolve) => session.onLost(resolve))
      await session.query(`LISTEN "${channel}"`)
      if (!signal.aborted) listener.ready()
      while (!signal.aborted) {
        await Promise.race([lost, sleep(options.clock, questionMs, signal)])
        if (!signal.aborted) await session.query('SELECT 1')
      }
    } finally {
      await session.end()
    }
  }

  return async () => {
    stop.abort()
    await done
  }
}
