import type { Clock } from '../base/clock.ts'
import { parseJson } from '../base/json.ts'
import type { DocumentKey, Store } from '../store/store.ts'

/** The right to do something that only one process may do at a time. What it guards must be fenced nonetheless: a process that was stopped believes in its lease until it looks. */
export interface Lease {
  /** Whoever had it before never gave it back: what they were doing was cut off. */
  readonly isTakenOver: boolean
  isHeld(): boolean
  release(): Promise<void>
}

export interface LeaseOptions {
  readonly store: Store
  readonly clock: Clock
  /** Who asks: unique for each process. */
  readonly holder: string
  /** For how long it is taken; it is prolonged while it is held. */
  readonly lifeMs: number
}

/** The lease of somebody else as it was last seen, and since when by our own clock. */
export interface SeenLease {
  version: number | null
  since: number
}

/**
 * `null` while somebody else has it: until it has been seen unchanged for as long as it lives. Whose clock says what is never compared, so that nodes may differ in the time of day. `seen` is kept from one try to the next.
 * Rejects with `STORE_UNAVAILABLE`.
 */
export async function takeLease(key: DocumentKey, options: LeaseOptions, seen: SeenLease): Promise<Lease | null> {
  const { store, clock } = options
  const found = await store.get(key)
  if (found !== null) {
    if (found.version !== seen.version) Object.assign(seen, { version: found.version, since: clock.now() })
    if (clock.now() - seen.since < lifeOf(found.body)) return null
  }
  const lease = new HeldLease(key, options, found !== null && lifeOf(found.body) > 0)
  return (await lease.write(found?.version ?? null)) ? lease : null
}

/** 0 for one that was given back. */
function lifeOf(body: string): number {
  const { lifeMs } = parseJson(body) as { readonly lifeMs?: unknown }
  return typeof lifeMs === 'number' ? lifeMs : 0
}

class HeldLease implements Lease {
  readonly isTakenOver: boolean
  readonly #key: DocumentKey
  readonly #options: LeaseOptions
  #version = 0
  #until = 0
  #cancel: () => void = () => undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(key: DocumentKey, options: LeaseOptions, isTakenOver: boolean) {
    this.isTakenOver = isTakenOver
    this.#key = key
    this.#options = options
  }

  isHeld(): boolean {
    return this.#options.clock.now() < this.#until
  }

  async write(expect: number | null): Promise<boolean> {
    const { store, clock, holder, lifeMs } = this.#options
    const until = clock.now() + lifeMs
    const body = JSON.stringify({ holder, lifeMs })
    const { outcome } = await store.write({ changes: [{ ...this.#key, expect, body }] })
    if (outcome === 'conflict') return false
    this.#version = (expect ?? 0) + 1
    this.#until = until
    this.#cancel = clock.after(lifeMs / 3, () => this.#prolong())
    return true
  }

  #prolong(): void {
    this.#writing = this.write(this.#version).then(
      (isOurs) => {
        if (!isOurs) this.#until = 0
      },
      // A store that cannot be reached prolongs nothing: the lease ends by its time.
      () => undefined,
    )
  }

  /** It is written empty, not deleted: the number of its version must never come again. */
  async release(): Promise<void> {
    this.#cancel()
    await this.#writing
    this.#cancel()
    if (!this.isHeld()) return
    this.#until = 0
    const { holder } = this.#options
    const body = JSON.stringify({ holder, lifeMs: 0 })
    try {
      await this.#options.store.write({ changes: [{ ...this.#key, expect: this.#version, body }] })
    } catch {
      // Then it ends by its time.
    }
  }
}
