import { inspect } from 'node:util'

/** Holds a value that must never be printed: in a log, an error or JSON it reads `[secret]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself: call it only where it is sent or compared. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  static {
    Object.defineProperty(this.prototype, inspect.custom, { value: () => '[secret]' })
  }
}
