import type { LearntLimit } from '../../definition/limits.ts'
import type { Bucket } from './bucket.ts'

interface Window {
  /** Of this node, where several call the account. */
  left: number
  quota: number
  /** What comes back in a millisecond before `until`; 0 where all comes back at once. */
  restorePerMs: number
  at: number
  until: number
  /** Between so many nodes it is divided. */
  nodes: number
}

/** What one node tells the others of an account. */
export interface LearntNews {
  readonly pausedMs: number
  readonly limits: readonly LearntLimit[]
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
  readonly isLost = false
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
   * less these, at most what it said, and between the two what was counted here. Where several nodes call the account, each has its part of it until the next answer says more.
   */
  learn(limit: LearntLimit, inFlight: number, now: number, nodes = 1): void {
    const { name, remaining, quota, resetMs, restorePerSecond = 0 } = limit
    if (remaining === undefined || (resetMs === undefined && restorePerSecond <= 0)) return
    const known = this.#windows.get(name)
    if (known === undefined && this.#windows.size >= mostWindows) return
    const part = remaining / nodes
    const atLeast = part - inFlight
    const restorePerMs = restorePerSecond / 1000 / nodes
    this.#windows.set(name, {
      left: known === undefined || known.until <= now ? atLeast : Math.max(atLeast, Math.min(known.left, part)),
      quota: quota ?? Infinity,
      restorePerMs,
      at: now,
      until: now + (resetMs ?? Math.ceil(((quota ?? remaining) / nodes - atLeast) / restorePerMs)),
      nodes,
    })
  }

  /** What another node was told by the provider. Its own answers say more of those that it has in flight itself. */
  heard({ pausedMs, limits }: LearntNews, inFlight: number, now: number, nodes: number): void {
    if (pausedMs > 0) this.#pausedUntil = Math.max(this.#pausedUntil, now + pausedMs)
    for (const limit of limits) this.learn(limit, inFlight, now, nodes)
  }

  /** For the others. */
  tells(now: number): LearntNews {
    const limits = [...this.#windows].flatMap(([name, { left, quota, restorePerMs, until, nodes }]) =>
      until <= now
        ? []
        : [
            {
              name,
              remaining: Math.max(0, Math.floor(left * nodes)),
              resetMs: until - now,
              ...(Number.isFinite(quota) && { quota }),
              ...(restorePerMs > 0 && { restorePerSecond: restorePerMs * nodes * 1000 }),
            },
          ],
    )
    return { pausedMs: Math.max(0, this.#pausedUntil - now), limits }
  }

  view(now: number): readonly WindowView[] {
    return [...this.#windows]
      .filter(([, { until }]) => until > now)
      .map(([name, { left, quota, until, nodes }]) => ({
        name,
        remaining: Math.max(0, Math.floor(left * nodes)),
        quota: Number.isFinite(quota) ? quota : null,
        resetsAt: until,
      }))
  }
}

function waitFor(window: Window, cost: number, now: number): number {
  const { restorePerMs, until } = window
  if (restorePerMs > 0) {
    window.left = Math.min(window.quota / window.nodes, window.left + (now - window.at) * restorePerMs)
    window.at = now
  }
  // One that costs more than a whole quota goes when all of that is there.
  if (window.left >= Math.min(cost, window.quota)) return 0
  const back = restorePerMs > 0 ? Math.ceil((cost - window.left) / restorePerMs) : Infinity
  return Math.max(1, Math.min(until - now, back))
}
