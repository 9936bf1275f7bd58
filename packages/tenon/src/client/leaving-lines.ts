import type { Clock } from '../base/clock.ts'
import type { Line } from './plan.ts'

/** Longer than any call that is under way, with its waiting. */
const longestCallMs = 15 * 60_000

/** Lines of connections that were changed: calls that are under way end on the line on which they began, and new ones take the new line. */
export class LeavingLines {
  readonly #clock: Clock
  readonly #lines = new Map<Line, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(line: Line): void {
    const close = (): void => {
      this.#lines.delete(line)
      void line.close()
    }
    this.#lines.set(line, this.#clock.after(longestCallMs, close))
  }

  async close(): Promise<void> {
    const lines = [...this.#lines]
    this.#lines.clear()
    for (const [, cancel] of lines) cancel()
    await Promise.all(lines.map(([line]) => line.close()))
  }
}
