import { useEffect, useEffectEvent, useMemo } from 'react'

/** Calls at most once per `everyMs`: at once when it was quiet, and once more at the end for what came meanwhile. */
export function useThrottled(action: () => void, everyMs: number): () => void {
  const act = useEffectEvent(action)
  const gate = useMemo(
    () => ({ timer: undefined as ReturnType<typeof setTimeout> | undefined, again: false, act: () => {} }),
    [],
  )
  useEffect(() => {
    gate.act = () => act()
    return () => {
      clearTimeout(gate.timer)
      gate.timer = undefined
    }
  }, [gate])
  return useMemo(() => {
    const run = (): void => {
      if (gate.timer !== undefined) {
        gate.again = true
        return
      }
      gate.again = false
      gate.act()
      gate.timer = setTimeout(() => {
        gate.timer = undefined
        if (gate.again) run()
      }, everyMs)
    }
    return run
  }, [gate, everyMs])
}
