import { useSyncExternalStore, type ReactNode } from 'react'
import { clockTime, distance, fullTime } from '../words/time.ts'

interface Ticker {
  subscribe(listener: () => void): () => void
  get(): number
}

/** The present at one pace, for everyone who looks; no timer runs while nobody does. */
function createTicker(everyMs: number): Ticker {
  const listeners = new Set<() => void>()
  let now = Date.now()
  let timer: ReturnType<typeof setInterval> | undefined
  const tick = (): void => {
    now = Date.now()
    for (const listener of listeners) listener()
  }
  return {
    subscribe(listener) {
      listeners.add(listener)
      if (listeners.size === 1) timer = setInterval(tick, everyMs)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) clearInterval(timer)
      }
    },
    get() {
      if (listeners.size === 0 && Date.now() - now > everyMs) now = Date.now()
      return now
    },
  }
}

const tickers = new Map<number, Ticker>()

function tickerOf(everyMs: number): Ticker {
  const ticker = tickers.get(everyMs) ?? createTicker(everyMs)
  tickers.set(everyMs, ticker)
  return ticker
}

const slowestMs = 60_000

/** The present, renewed at that pace. */
export function useNow(everyMs = 10_000): number {
  const ticker = tickerOf(Math.min(everyMs, slowestMs))
  return useSyncExternalStore(ticker.subscribe, ticker.get)
}

/** `5 min ago`, of something that is past; the whole time on hover. */
export function Ago({ at }: { readonly at: number }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {distance(at, Math.max(at, now))}
    </time>
  )
}

/** `14:03:22`, with the day when that is not today; the whole time on hover. */
export function At({ at }: { readonly at: number }): ReactNode {
  const now = useNow(slowestMs)
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {clockTime(at, now)}
    </time>
  )
}
