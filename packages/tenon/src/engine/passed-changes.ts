import type { History } from './history.ts'

/** Marks of `step.changed` that a run has passed. */
export class PassedChanges {
  readonly #before: History['changed']
  /** In this stay in memory; made when it is needed. */
  #now: Set<string> | null = null

  constructor({ changed }: History) {
    this.#before = changed
  }

  has(id: string): boolean {
    return this.#before.has(id) || this.#now?.has(id) === true
  }

  add(id: string): void {
    ;(this.#now ??= new Set()).add(id)
  }
}
