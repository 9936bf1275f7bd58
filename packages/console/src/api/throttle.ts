import { useEffect, useState } from 'react'

interface Throttle {
  /** At once when it was quiet; else once more at the end of the pause, the latest that came meanwhile. */
  readonly call: (action: () => void) => void
  readonly close: () => void
}

function createThrottle(everyMs: number): Throttle {
  let timer: ReturnType<typeof setTimeout> | undefined
  let next: (() => void) | null = null
  const call = (action: () => void): void => {
    if (timer !== undefined) {
      next = action
      return
    }
    action()
    timer = setTimeout(() => {
      timer = undefined
      const late = next
      next = null
      if (late !== null) call(late)
    }, everyMs)
  }
  const close = (): void => {
    clearTimeout(timer)
    timer = undefined
    next = null
  }
  return { call, close }
}

/** Lets actions through at most once per `everyMs`, for as long as the component is there. */
export function useThrottle(everyMs: number): Throttle['call'] {
  const [throttle] = useState(() => createThrottle(everyMs))
  useEffect(() => throttle.close, [throttle])
  return throttle.call
}
