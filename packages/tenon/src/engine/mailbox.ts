import type { EntryBodies } from './entries.ts'

/** What came for a run before it asked: signals by name, ends of child runs by step. Rebuilt from the journal at each replay. */
export class Mailbox {
  readonly #signals = new Map<string, { readonly seq: number; readonly data: unknown }[]>()
  readonly #children = new Map<string, string>()
  readonly #childEnds = new Map<string, EntryBodies['child']>()

  putSignal(name: string, seq: number, data: unknown): void {
    const waiting = this.#signals.get(name) ?? []
    waiting.push({ seq, data })
    this.#signals.set(name, waiting)
  }

  /** The oldest of that name, once. */
  takeSignal(name: string): { readonly seq: number; readonly data: unknown } | null {
    return this.#signals.get(name)?.shift() ?? null
  }

  /** On replay: that very signal was taken. */
  dropSignal(seq: number): void {
    for (const [name, waiting] of this.#signals) {
      this.#signals.set(
        name,
        waiting.filter((signal) => signal.seq !== seq),
      )
    }
  }

  /** A child run that was started. */
  putChild(step: string, run: string): void {
    this.#children.set(step, run)
  }

  /** Children whose end has not been heard of. */
  get openChildren(): readonly string[] {
    return [...this.#children].filter(([step]) => !this.#childEnds.has(step)).map(([, run]) => run)
  }

  putChildEnd(step: string, end: EntryBodies['child']): void {
    this.#childEnds.set(step, end)
  }

  childEnd(step: string): EntryBodies['child'] | null {
    return this.#childEnds.get(step) ?? null
  }
}
