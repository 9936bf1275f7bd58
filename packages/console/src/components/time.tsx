import { useEffect, type ReactNode } from 'react'
import { createStore, useStore, type Store } from '../api/store.ts'
import { clockTime, distance, fullTime } from '../words/time.ts'

interface Ticker {
  readonly now: Store<number>
  watchers: number
  timer: ReturnType<typeof setInterval> | undefined
}

/** One timer per pace for the whole page, and none while nobody looks. */
const tickers = new Map<number, Ticker>()

function tickerOf(everyMs: number): Ticker {
  const found = tickers.get(everyMs)
  if (found !== undefined) return found
  const made: Ticker = { now: createStore(Date.now()), watchers: 0, timer: undefined }
  tickers.set(everyMs, made)
  return made
}

/** The present, renewed at that pace; `null` lets it stand still. */
export function useNow(everyMs: number | null = 10_000): number {
  const ticker = tickerOf(everyMs ?? 0)
  const now = useStore(ticker.now)
  useEffect(() => {
    if (everyMs === null) return
    if (ticker.watchers === 0) {
      ticker.now.set(Date.now())
      ticker.timer = setInterval(() => ticker.now.set(Date.now()), everyMs)
    }
    ticker.watchers += 1
    return () => {
      ticker.watchers -= 1
      if (ticker.watchers === 0) clearInterval(ticker.timer)
    }
  }, [ticker, everyMs])
  // A page that opens shows the present at once, not the moment of the last tick.
  return ticker.watchers === 0 ? Date.now() : now
}

/** `5 min ago`; the whole time on hover. */
export function Ago({ at }: { readonly at: number }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {distance(at, now)}
    </time>
  )
}

/** `14:03:22`, with the day when that is not today; the whole time on hover. */
export function At({ at }: { readonly at: number }): ReactNode {
  const now = useNow(60_000)
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {clockTime(at, now)}
    </time>
  )
}
