import type { RunKey, RunRow } from '../journal/journal.ts'
import { RunMap } from './run-map.ts'

/** What a run was started with. */
export interface Fresh {
  readonly row: RunRow
  readonly input: string
  /** How often more had become this node's by then: since the next time somebody else may have begun it. */
  readonly gains: number
}

export interface Queued extends RunKey {
  /** Unknown until the run is loaded, where only its key was told. */
  flow?: string
  version?: number
  readonly fresh?: Fresh
  /** The journal has it at rest: what it goes on for is known here only, or not looked for when its flow is resumed. */
  readonly isResting?: boolean
}

/** Of those set aside, so many keep what they were started with; the others are read again. */
const freshAside = 100

function withoutFresh({ tenant, run, flow, version, isResting = false }: Queued): Queued {
  return { tenant, run, isResting, ...(flow !== undefined && { flow }), ...(version !== undefined && { version }) }
}

/** Runs that wait for their turn, oldest first, each once; and those whose flow is at its limit, set aside. */
export class RunQueue {
  #items: (Queued | undefined)[] = []
  #head = 0
  readonly #limit: number
  readonly #known = new RunMap<Queued>()
  readonly #deferred = new Map<string, Queued[]>()
  readonly #repeats = new Set<string>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Those whose turn comes next, without those set aside. */
  get length(): number {
    return this.#items.length - this.#head
  }

  get size(): number {
    return this.#known.size
  }

  /** Few enough that more should be fetched. */
  get isLow(): boolean {
    return this.#items.length - this.#head < this.#limit / 2
  }

  known(): Iterable<string> {
    return this.#known.keys()
  }

  /** True for a run that will begin with what it was started with, unread: a message for it is not in that. */
  hasFresh(run: string): boolean {
    return this.#known.get(run)?.fresh !== undefined
  }

  /** False when it is full: the run stays in the journal only. */
  push(item: Queued): boolean {
    if (this.#known.has(item.run)) return true
    if (this.#items.length - this.#head >= this.#limit) return false
    this.#known.set(item.run, item)
    this.#items.push(item)
    return true
  }

  shift(): Queued | null {
    const item = this.#items[this.#head]
    if (item === undefined) return null
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    this.#known.delete(item.run)
    return item
  }

  // Those set aside take no place in the queue: a crowd of one flow must not keep the runs of others out.
  defer(item: Queued): void {
    const flow = item.flow ?? ''
    const aside = this.#deferred.get(flow) ?? []
    const kept = aside.length < freshAside ? item : withoutFresh(item)
    aside.push(kept)
    this.#known.set(item.run, kept)
    this.#deferred.set(flow, aside)
  }

  /** Runs of that flow that are set aside. */
  asideOf(flow: string): number {
    return this.#deferred.get(flow)?.length ?? 0
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
