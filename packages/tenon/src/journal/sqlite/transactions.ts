import { messageOf } from '../../base/errors.ts'
import { failureOf } from '../../sqlite/failure.ts'
import { forgetPending, reload } from './open-store.ts'
import { apply, fold, type Subjects } from './pending.ts'
import { writeTally, writeTotals, type Store } from './store.ts'
import type { WireWrite } from './wire.ts'

/** The two ways in which something becomes durable. After an error, whether it did is settled by reading. */
export class Transactions {
  readonly #store: Store
  readonly #commit: (make: () => void) => void
  #stopped: string | null = null
  #isRefused = false
  #unfolded: (() => void) | null = null

  /** `commit` makes the commit that it is given. */
  constructor(store: Store, commit: (make: () => void) => void) {
    this.#store = store
    this.#commit = commit
  }

  /** Why nothing is written any more, `null` while it is. */
  get stopped(): string | null {
    return this.#stopped
  }

  /** False while the tables take nothing: the log must not grow for ever. */
  get mayLog(): boolean {
    return this.#stopped === null && !this.#isRefused
  }

  /** Puts plain writes into the log. `null` when they are durable, else why not, and then nothing of them is stored. */
  log(writes: readonly WireWrite[], subjects: Subjects, sent: Uint8Array): string | null {
    const store = this.#store
    const batch = store.batch + 1
    try {
      this.#commit(() => store.log.append(batch, sent))
      this.#unfolded = () => fold(store, writes, { bytes: sent.length, subjects })
      store.batch = batch
      return null
    } catch (error) {
      const reason = this.#failed(error)
      return this.#stopped === null && store.batch === batch ? null : reason
    }
  }

  /** Takes in what the last batch put into the log. To be called before anything else, but after the batch was answered: nobody need wait for it. */
  takeIn(): void {
    const fold = this.#unfolded
    this.#unfolded = null
    fold?.()
  }

  /** Does `work` in a transaction of the tables, after everything that only the log held. */
  transact<T>(work: () => T): T {
    this.takeIn()
    if (this.#stopped !== null) throw new Error(this.#stopped)
    const store = this.#store
    const before = store.batch
    try {
      store.run.begin.run()
      apply(store)
      const result = work()
      try {
        this.#commit(() => void store.run.commit.run())
      } catch (error) {
        this.#rollBack()
        if (failureOf(error) === 'final' || store.batch !== before + 1) throw error
      }
      forgetPending(store)
      this.#isRefused = false
      return result
    } catch (error) {
      this.#isRefused = true
      this.#failed(error)
      throw error
    }
  }

  /** Does `work`, which touches nothing that the log holds, in a transaction of its own: also where the tables have no room for the rest. */
  separately<T>(work: () => T): T {
    this.takeIn()
    if (this.#stopped !== null) throw new Error(this.#stopped)
    const store = this.#store
    const { flows } = store
    try {
      store.run.begin.run()
      store.flows = new Map()
      store.lastFlow = null
      const result = work()
      writeTally(store)
      this.#commit(() => void store.run.commit.run())
      store.flows = flows
      store.lastFlow = null
      return result
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  /** Brings what only the log holds into the tables. */
  settle(): void {
    const store = this.#store
    if (store.pending.writes > 0) this.transact(() => writeTotals(store, 0))
  }

  /** Forgets what did not take place, and says why. */
  #failed(error: unknown): string {
    if (failureOf(error) === 'final')
      this.#stopped = `the journal stopped taking writes: ${messageOf(error)}. Check the disk, then restart.`
    this.#rollBack()
    return this.#stopped ?? messageOf(error)
  }

  #rollBack(): void {
    const store = this.#store
    try {
      if (store.db.isTransaction) store.run.rollback.run()
      reload(store)
    } catch (error) {
      this.#stopped ??= `the journal cannot be read any more: ${messageOf(error)}. Check the disk, then restart.`
    }
  }
}
