import { useEffect, useEffectEvent } from 'react'
import { ApiError, get } from './client.ts'
import type { Happening } from './contract.ts'
import { endSession } from './session.ts'
import { createStore } from './store.ts'

/** `lost`: the connection broke and is being tried again. `idle`: no page asks for news. */
export type LiveState = 'idle' | 'connecting' | 'live' | 'lost'

export const liveState = createStore<LiveState>('idle')

export interface LiveScope {
  readonly run?: string | undefined
  readonly flow?: string | undefined
}

interface Listening {
  readonly onHappening: (happening: Happening) => void
  /** Something may have been missed: what is shown has to be asked for again. */
  readonly onGap: () => void
}

const slowestRetryMs = 10_000

/** Server-sent events, kept open; ours is the retry, because EventSource gives up on an answer that is no stream. */
function openFeed(scope: LiveScope, { onHappening, onGap }: Listening): () => void {
  const query = new URLSearchParams(
    Object.entries(scope).filter(([, value]) => value !== undefined) as [string, string][],
  )
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let wasOpen = false

  const connect = (): void => {
    if (liveState.get() !== 'lost') liveState.set('connecting')
    const next = new EventSource(`/api/v1/live?${query.toString()}`)
    source = next
    next.addEventListener('open', () => {
      failures = 0
      liveState.set('live')
      if (wasOpen) onGap()
      wasOpen = true
    })
    next.addEventListener('happening', ({ data }: MessageEvent<string>) => onHappening(JSON.parse(data) as Happening))
    next.addEventListener('gap', onGap)
    next.addEventListener('error', () => {
      next.close()
      failures += 1
      liveState.set('lost')
      wasOpen = true
      timer = setTimeout(() => void retry(), Math.min(slowestRetryMs, 500 * 2 ** failures))
    })
  }
  const retry = async (): Promise<void> => {
    // A stream cannot tell why it was refused; this can.
    await get('/session').catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') endSession()
    })
    if (source !== null) connect()
  }
  const close = (): void => {
    clearTimeout(timer)
    source?.close()
    source = null
  }
  // A browser has few connections per server: a page that nobody looks at gives its own back.
  const onVisibility = (): void => {
    close()
    if (document.visibilityState === 'visible') connect()
  }
  document.addEventListener('visibilitychange', onVisibility)
  if (document.visibilityState === 'visible') connect()
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    close()
    liveState.set('idle')
  }
}

/** News of the runs in scope, as long as the component is there and the page is looked at. */
export function useLive({ run, flow }: LiveScope, listening: Listening): void {
  const onHappening = useEffectEvent(listening.onHappening)
  const onGap = useEffectEvent(listening.onGap)
  useEffect(
    () => openFeed({ run, flow }, { onHappening: (happening) => onHappening(happening), onGap: () => onGap() }),
    [run, flow],
  )
}
