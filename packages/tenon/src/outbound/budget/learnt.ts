import type { LearntLimit } from '../../definition/limits.ts'
import type { Bucket } from './bucket.ts'

interface Window {
  left: number
  quota: number
  /** What comes back in a millisecond before `until`; 0 where all comes back at once. */
  restorePerMs: number
  at: number
  until: number
}

export interface WindowView {
  readonly name: string
  readonly remaining: number
  readonly quota: number | null
  /** Milliseconds since the epoch. */
  readonly resetsAt: number
}

// The names come from outside.
const mostWindows = 8
const firstPauseMs = 1000
const longestPauseMs = 60_000

/** What the provider itself told of an account. It holds nothing back before the first such word. */
export class LearntBucket implements Bucket {
  readonly #windows = new Map<string, Window>()
  #pausedUntil = 0
  #refusals = 0

  /** True where nothing was told, or all of it is over. */
  get isIdle(): boolean {
    return this.#pausedUntil === 0 && this.#windows.size === 0
  }

  get pausedUntil(): number {
    return this.#pausedUntil
  }

  get perMs(): number {
    let slowest = 0
    for (const { quota, at, until, restorePerMs } of this.#windows.values()) {
      const rate = restorePerMs > 0 ? restorePerMs : Number.isFinite(quota) ? quota / Math.max(1, until - at) : 0
      if (rate > 0 && (slowest === 0 || rate < slowest)) slowest = rate
    }
    return slowest
  }

  wait(cost: number, now: number): number {
    if (this.#pausedUntil > now) return this.#pausedUntil - now
    this.#pausedUntil = 0
    let longest = 0
    for (const [name, window] of this.#windows) {
      if (window.until <= now) this.#windows.delete(name)
      else longest = Math.max(longest, waitFor(window, cost, now))
    }
    return longest
  }

  take(cost: number): void {
    for (const window of this.#windows.values()) window.left -= cost
  }

  /** The answer itself tells what is left. */
  left(): null {
    return null
  }

  arrived(): void {}

  giveBack(cost: number): void {
    for (const window of this.#windows.values()) window.left += cost
  }

  /** It is told apart: by `pause` and `learn`. */
  empty(): void {}

  /** Nothing goes for `ms`; without it for a second, and for twice as long each time that this was not enough. */
  pause(ms: number | null, now: number): void {
    // Answers to calls that left before the pause say nothing new.
    if (ms === null && this.#pausedUntil > now) return
    const length = ms ?? Math.min(longestPauseMs, firstPauseMs * 2 ** this.#refusals)
    this.#refusals = Math.min(this.#refusals + 1, 10)
    if (length > 0) this.#pausedUntil = Math.max(this.#pausedUntil, now + length)
  }

  /** An answer that was no refusal. */
  succeeded(): void {
    this.#refusals = 0
  }

  /**
   * Takes over what an answer says. `inFlight` calls are still on their way: whether the provider has counted them is not known, so what is left is at least what it said
   * less these, at most what it said, and between the two what was counted here.
   */
  learn({ name, remaining, quota, resetMs, restorePerSecond = 0 }: LearntLimit, inFlight: number, now: number): void {
    if (remaining === undefined || (resetMs === undefined && restorePerSecond <= 0)) return
    const known = this.#windows.get(name)
    if (known === undefined && this.#windows.size >= mostWindows) return
    const atLeast = remaining - inFlight
    const restorePerMs = restorePerSecond / 1000
    this.#windows.set(name, {
      left: known === undefined || known.until <= now ? atLeast : Math.max(atLeast, Math.min(known.left, remaining)),
      quota: quota ?? Infinity,
      restorePerMs,
      at: now,
      until: now + (resetMs ?? Math.ceil(((quota ?? remaining) - atLeast) / restorePerMs)),
    })
  }

  view(now: number): readonly WindowView[] {
    return [...this.#windows]
      .filter(([, { until }]) => until > now)
      .map(([name, { left, quota, until }]) => ({
        name,
        remaining: Math.max(0, Math.floor(left)),
        quota: Number.isFinite(quota) ? quota : null,
        resetsAt: until,
      }))
  }
}

function waitFor(window: Window, cost: number, now: number): number {
  const { restorePerMs, until } = window
  if (restorePerMs > 0) {
    window.left = Math.min(window.quota, window.left + (now - window.at) * restorePerMs)
    window.at = now
  }
  // One that costs more than a whole quota goes when all of that is there.
  if (window.left >= Math.min(cost, window.quota)) return 0
  const back = restorePerMs > 0 ? Math.ceil((cost - window.left) / restorePerMs) : Infinity
  return Math.max(1, Math.min(until - now, back))
}
