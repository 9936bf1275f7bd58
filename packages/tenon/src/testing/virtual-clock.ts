import type { Clock } from '../base/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

export interface VirtualClock extends Clock {
  /** Lets time pass: every timer fires at its moment, in order, and what it sets off runs before the next one fires. */
  advance(ms: number): Promise<void>
  /** Lets everything run that needs no time to pass. */
  settle(): Promise<void>
  /** Moves the clock without firing what lies between, as an operator's correction does. */
  jump(ms: number): void
  /** Moment of the next timer, `null` for none. */
  readonly next: number | null
}

/** The same clock for a process that may die: from then on nothing calls back. */
export function mortalClock(clock: Clock): Clock & { kill(): void } {
  let isAlive = true
  const whileAlive = (callback: () => void) => (): void => {
    if (isAlive) callback()
  }
  return {
    now: () => clock.now(),
    after: (delayMs, callback) => clock.after(delayMs, whileAlive(callback)),
    whenQuiet: (callback) => clock.whenQuiet(whileAlive(callback)),
    kill() {
      isAlive = false
    },
  }
}

/** A clock that stands still until it is advanced. */
export function virtualClock(startMs: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = startMs
  let order = 0
  const timers = new Set<Timer>()

  function earliest(): Timer | null {
    let first: Timer | null = null
    for (const timer of timers) if (first === null || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    return first
  }

  async function settle(): Promise<void> {
    // Several turns: what runs in one may hand on to the next (an append, its answer, the function, the next step).
    for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  return {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + Math.max(0, delayMs), order: (order += 1), callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    whenQuiet: (callback) => void setImmediate(callback),
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const timer = earliest()
        if (timer === null || timer.at > end) break
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.callback()
        await settle()
      }
      now = end
    },
    settle,
    jump(ms) {
      now += ms
    },
    get next() {
      return earliest()?.at ?? null
    },
  }
}
