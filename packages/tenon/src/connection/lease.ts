import type { Clock } from '../base/clock.ts'
import { parseJson } from '../base/json.ts'
import type { DocumentKey, Store } from '../store/store.ts'

/** The right to do something that only one process may do at a time. What it guards must be fenced nonetheless: a process that was stopped believes in its lease until it looks. */
export interface Lease {
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

/** `null` while somebody else has it. Rejects with `STORE_UNAVAILABLE`. */
export async function takeLease(key: DocumentKey, options: LeaseOptions): Promise<Lease | null> {
  const { store, clock } = options
  const found = await store.get(key)
  if (found !== null && untilOf(found.body) > clock.now()) return null
  const lease = new HeldLease(key, options)
  return (await lease.write(found?.version ?? null)) ? lease : null
}

function untilOf(body: string): number {
  const { until } = parseJson(body) as { readonly until?: unknown }
  return typeof until === 'number' ? until : 0
}

class HeldLease implements Lease {
  readonly #key: DocumentKey
  readonly #options: LeaseOptions
  #version = 0
  #until = 0
  #cancel: () => void = () => undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(key: DocumentKey, options: LeaseOptions) {
    this.#key = key
    this.#options = options
  }

  isHeld(): boolean {
    return this.#options.clock.now() < this.#until
  }

  async write(expect: number | null): Promise<boolean> {
    const { store, clock, holder, lifeMs } = this.#options
    const until = clock.now() + lifeMs
    const body = JSON.stringify({ holder, until })
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
    const body = JSON.stringify({ holder, until: 0 })
    try {
      await this.#options.store.write({ changes: [{ ...this.#key, expect: this.#version, body }] })
    } catch {
      // Then it ends by its time.
    }
  }
}
