import type { RunKey, RunRow } from '../journal/journal.ts'

export interface Queued extends RunKey {
  /** Unknown until the run is loaded, where only its key was told. */
  flow?: string
  version?: number
  readonly fresh?: { readonly row: RunRow; readonly input: string }
}

/** Runs that wait for their turn, oldest first, each once; and those whose flow is at its limit, set aside. */
export class RunQueue {
  #items: Queued[] = []
  #head = 0
  readonly #limit: number
  readonly #known = new Set<string>()
  readonly #deferred = new Map<string, Queued[]>()
  readonly #repeats = new Set<string>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#known.size
  }

  /** Few enough that more should be fetched. */
  get isLow(): boolean {
    return this.#items.length - this.#head < this.#limit / 2
  }

  known(): Iterable<string> {
    return this.#known
  }

  /** False when it is full: the run stays in the journal only. */
  push(item: Queued): boolean {
    if (this.#known.has(item.run)) return true
    if (this.#known.size >= this.#limit) return false
    this.#known.add(item.run)
    this.#items.push(item)
    return true
  }

  shift(): Queued | null {
    const item = this.#items[this.#head]
    if (item === undefined) return null
    this.#head += 1
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    this.#known.delete(item.run)
    return item
  }

  defer(item: Queued): void {
    const flow = item.flow ?? ''
    const aside = this.#deferred.get(flow) ?? []
    aside.push(item)
    this.#known.add(item.run)
    this.#deferred.set(flow, aside)
  }

  /** A permit of that flow is free: its oldest run comes to the front. */
  undefer(flow: string): void {
    const aside = this.#deferred.get(flow)
    const item = aside?.shift()
    if (item === undefined) return
    if (aside?.length === 0) this.#deferred.delete(flow)
    if (this.#head > 0) this.#items[(this.#head -= 1)] = item
    else this.#items.unshift(item)
  }

  /** A run that is being loaded must be looked at once more. */
  repeat(key: RunKey): void {
    this.#repeats.add(key.run)
  }

  takeRepeat(run: string): boolean {
    return this.#repeats.delete(run)
  }
}
