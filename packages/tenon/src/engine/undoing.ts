import type { Command } from './command.ts'

interface Registered {
  readonly step: string
  readonly kind: Command['kind']
  readonly undo: (value: never) => unknown
  readonly value: unknown
}

/** The ways back of a run: registered with each step's result, walked in reverse, once. */
export class Undoing {
  readonly #registered: Registered[] = []
  #scope = ''
  #isActive = false
  #failures: unknown[] = []

  /** Registered undos that have not been walked. */
  get isNeeded(): boolean {
    return !this.#isActive && this.#registered.length > 0
  }

  get isActive(): boolean {
    return this.#isActive
  }

  /** Goes before the names of the steps that are asked for meanwhile. */
  get scope(): string {
    return this.#scope
  }

  get count(): number {
    return this.#registered.length
  }

  get failures(): readonly unknown[] {
    return this.#failures
  }

  register(command: Command, value: unknown): void {
    if (command.undo === null || this.#isActive) return
    // A copy: the function may change what it was given.
    this.#registered.push({ step: command.name, kind: command.kind, undo: command.undo, value: structuredClone(value) })
  }

  /** Ready for steps: what is asked from now on belongs to the way back. */
  begin(): void {
    this.#isActive = true
  }

  /** One after the other; a failed one does not keep the others from being taken back. `asStep` runs own code as a step. */
  async walk(asStep: (body: () => unknown) => Promise<unknown>): Promise<void> {
    for (const { step, kind, undo, value } of this.#registered.toReversed()) {
      this.#scope = `undo(${step})/`
      try {
        // An undo of a call consists of calls, which are steps; one of own code is own code, so it must become a step as a whole.
        await (kind === 'run' ? asStep(() => undo(value as never)) : undo(value as never))
      } catch (error) {
        this.#failures.push(error)
      }
    }
    this.#scope = ''
  }
}
