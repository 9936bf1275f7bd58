import type { EntryBodies } from './entries.ts'

interface Signal {
  readonly name: string
  readonly seq: number
  readonly data: unknown
}

/** What came for a run before it asked: signals by name, ends of child runs by step. Rebuilt from the journal at each replay. */
export class Mailbox {
  // Each is made when it is needed: most runs get no mail.
  #signals: Signal[] | null = null
  #children: Map<string, string> | null = null
  #childEnds: Map<string, EntryBodies['child']> | null = null

  putSignal(name: string, seq: number, data: unknown): void {
    ;(this.#signals ??= []).push({ name, seq, data })
  }

  /** The oldest of that name, once. */
  takeSignal(name: string): Signal | null {
    const at = this.#signals?.findIndex((signal) => signal.name === name) ?? -1
    return at < 0 ? null : (this.#signals?.splice(at, 1)[0] ?? null)
  }

  /** On replay: that very signal was taken. */
  dropSignal(seq: number): void {
    this.#signals = this.#signals?.filter((signal) => signal.seq !== seq) ?? null
  }

  /** A child run that was started. */
  putChild(step: string, run: string): void {
    ;(this.#children ??= new Map()).set(step, run)
  }

  /** Children whose end has not been heard of. */
  get openChildren(): readonly string[] {
    return [...(this.#children ?? [])].filter(([step]) => this.#childEnds?.has(step) !== true).map(([, run]) => run)
  }

  putChildEnd(step: string, end: EntryBodies['child']): void {
    ;(this.#childEnds ??= new Map()).set(step, end)
  }

  childEnd(step: string): EntryBodies['child'] | null {
    return this.#childEnds?.get(step) ?? null
  }
}
