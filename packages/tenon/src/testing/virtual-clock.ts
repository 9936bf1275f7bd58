import type { Clock } from '../base/clock.ts'

interface Timer {
  readonly at: number
  callback: (() => void) | null
}

export interface VirtualClock extends Clock {
  /** Lets time pass: every timer fires at its moment, in order, and what it sets off runs before the next one fires. */
  advance(ms: number): Promise<void>
  /** Lets everything run that needs no time to pass. */
  settle(): Promise<void>
  /** Calls back the first that waits for quiet, and lets run what that sets off; false when none waits. */
  turn(): Promise<boolean>
  /** Sets the time, as an operator's correction does: timers still fire after the delay that they were given. */
  jump(ms: number): void
  /** Moment of the next timer, `null` for none. */
  readonly next: number | null
}

export interface VirtualClockOptions {
  readonly startMs?: number
  /** Nothing runs by itself: only inside `turn`, `settle` and `advance`, so that a simulation decides what happens between two turns. */
  readonly isDriven?: boolean
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

/** The same clock for a process that may be stopped, as by SIGSTOP: what comes due meanwhile calls back, in order, once it goes on. */
export function haltingClock(clock: Clock): Clock & { halt(): void; goOn(): void } {
  let missed: (() => void)[] | null = null
  const whileRunning = (callback: () => void) => (): void => {
    if (missed === null) callback()
    else missed.push(callback)
  }
  return {
    now: () => clock.now(),
    after(delayMs, callback) {
      let isStopped = false
      const cancel = clock.after(
        delayMs,
        whileRunning(() => {
          if (!isStopped) callback()
        }),
      )
      return () => {
        isStopped = true
        cancel()
      }
    },
    whenQuiet: (callback) => clock.whenQuiet(whileRunning(callback)),
    halt() {
      missed ??= []
    },
    goOn() {
      const callbacks = missed ?? []
      missed = null
      for (const callback of callbacks) clock.whenQuiet(callback)
    },
  }
}

interface CallbackQueue {
  push(callback: () => void): void
  /** Calls the oldest; false when there is none. */
  callFirst(): boolean
  isEmpty(): boolean
}

function callbackQueue(): CallbackQueue {
  let queue: (() => void)[] = []
  let head = 0
  return {
    push: (callback) => void queue.push(callback),
    callFirst() {
      const callback = queue[head]
      if (callback === undefined) return false
      head += 1
      if (head === queue.length) {
        queue = []
        head = 0
      }
      callback()
      return true
    },
    isEmpty: () => head === queue.length,
  }
}

function eventLoop(quiet: CallbackQueue, isDriven: boolean): EventLoop {
  let driving = 0
  let isArmed = false

  // Outside `advance` and the like a caller simply awaits, and the event loop brings it on.
  function arm(): void {
    if (isDriven || isArmed || driving > 0 || quiet.isEmpty()) return
    isArmed = true
    setImmediate(() => {
      isArmed = false
      if (driving === 0) quiet.callFirst()
      arm()
    })
  }

  async function driven<Value>(work: () => Promise<Value>): Promise<Value> {
    driving += 1
    try {
      return await work()
    } finally {
      driving -= 1
      arm()
    }
  }

  return { arm, driven }
}

interface EventLoop {
  arm(): void
  /** While this works, nothing else calls back. */
  driven<Value>(work: () => Promise<Value>): Promise<Value>
}

/** A clock that stands still until it is advanced. */
export function virtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { startMs = Date.UTC(2026, 0, 1), isDriven = false } = options
  let elapsed = startMs
  let offset = 0
  const timers = timerQueue()
  const quiet = callbackQueue()
  const { arm, driven } = eventLoop(quiet, isDriven)

  async function turn(): Promise<boolean> {
    await drained()
    if (!quiet.callFirst()) return false
    await drained()
    return true
  }

  async function settle(): Promise<void> {
    await drained()
    while (quiet.callFirst()) await drained()
  }

  async function advance(ms: number): Promise<void> {
    const end = elapsed + ms
    await settle()
    for (let timer = timers.takeUntil(end); timer !== null; timer = timers.takeUntil(end)) {
      elapsed = Math.max(elapsed, timer.at)
      timer.callback?.()
      await settle()
    }
    elapsed = end
  }

  return {
    now: () => elapsed + offset,
    after(delayMs, callback) {
      const timer: Timer = { at: elapsed + Math.max(0, delayMs), callback }
      timers.add(timer)
      return () => {
        timer.callback = null
      }
    },
    whenQuiet(callback) {
      quiet.push(callback)
      arm()
    },
    advance: (ms) => driven(() => advance(ms)),
    settle: () => driven(settle),
    turn: () => driven(turn),
    jump(ms) {
      offset += ms
    },
    get next() {
      const at = timers.firstAt()
      return at === null ? null : at + offset
    },
  }
}

// All microtasks have run when the event loop comes round.
function drained(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function timerQueue(): { add(timer: Timer): void; takeUntil(end: number): Timer | null; firstAt(): number | null } {
  // Latest first, so that taking the earliest is a pop.
  const timers: Timer[] = []

  function dropStopped(): void {
    while (timers.length > 0 && timers.at(-1)?.callback === null) timers.pop()
  }

  return {
    add(timer) {
      let low = 0
      let high = timers.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((timers[middle]?.at ?? 0) > timer.at) low = middle + 1
        else high = middle
      }
      timers.splice(low, 0, timer)
    },
    takeUntil(end) {
      dropStopped()
      const first = timers.at(-1)
      return first === undefined || first.at > end ? null : (timers.pop() ?? null)
    },
    firstAt() {
      dropStopped()
      return timers.at(-1)?.at ?? null
    },
  }
}
