import type { Clock } from '../base/clock.ts'
import { isPostponed } from './outbound.ts'
import type { PolicyEnd, Resting } from './policy.ts'

const mostResting = 100_000
const tickMs = 100
const firstPerS = 10
const mostPerS = 2000

/** Those whom a policy turned away and who rest outside memory: they are called back in the order in which they were turned away. */
export class Recall {
  readonly #clock: Clock
  /** The oldest first, each once. */
  readonly #resting = new Map<string, Resting>()
  #cancelTick: (() => void) | null = null
  #perS = firstPerS
  /** By how much the pace grows in a second that turned nobody away. */
  #growth = 2
  #due = 0
  #ticks = 0
  #served = 0
  #turnedAway = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#resting.size
  }

  /** False where it must come back by itself. */
  add(resting: Resting): boolean {
    if (this.#resting.size >= mostResting) return false
    if (!this.#resting.has(resting.id)) this.#resting.set(resting.id, resting)
    return true
  }

  /** It came by itself. */
  remove({ id }: Resting): void {
    this.#resting.delete(id)
  }

  callBack(count: number): void {
    for (const [id, resting] of this.#resting) {
      if (count <= 0) return
      count -= 1
      this.#resting.delete(id)
      resting.comeBack()
    }
  }

  /** From now on all of them, one after the other, as fast as they are let through. */
  start(): void {
    this.stop()
    this.#perS = firstPerS
    this.#growth = 2
    this.#due = this.#ticks = this.#served = this.#turnedAway = 0
    this.#tick()
  }

  stop(): void {
    this.#cancelTick?.()
    this.#cancelTick = null
  }

  /** What became of a call while they are called back. */
  heard({ answer, error }: PolicyEnd): void {
    if (this.#cancelTick === null) return
    if (answer === undefined ? isPostponed(error) : answer.status === 429) this.#turnedAway += 1
    else if (answer !== undefined) this.#served += 1
  }

  #tick(): void {
    if (this.#resting.size === 0) return this.stop()
    if ((this.#ticks += 1) % (1000 / tickMs) === 0) this.#adapt()
    this.#due += (this.#perS * tickMs) / 1000
    const count = Math.floor(this.#due)
    this.#due -= count
    this.callBack(count)
    this.#cancelTick = this.#clock.after(tickMs, () => this.#tick())
  }

  #adapt(): void {
    if (this.#turnedAway > 0) {
      this.#perS = Math.max(firstPerS / 2, this.#served)
      this.#growth = 1.05
    } else this.#perS = Math.min(mostPerS, this.#perS * this.#growth)
    this.#served = this.#turnedAway = 0
  }
}
