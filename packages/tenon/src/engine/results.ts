import { decode, encode } from '../base/json.ts'
import type { Fate } from '../outbound/retry.ts'
import type { Command } from './command.ts'
import { withValue, write, type EntryBodies, type Written } from './entries.ts'
import { restoreError, storeError } from './outcome.ts'
import type { Additions, StepAdditions, Recorder } from './recorder.ts'
import type { StepEntry } from './replay.ts'
import { resultOf, type Delivery, type Result } from './replayer.ts'

/** A cancel, or the end of the run's time. */
export interface Stopped {
  readonly cancel: EntryBodies['cancel']
}

/** Writes what steps came to, and hands it on once it is durable, in the order of the journal. */
export class Results {
  readonly #recorder: Recorder
  readonly #tell: (command: Command, error: Error | null, at: number) => void
  readonly #deliveries: (Delivery | Stopped)[] = []

  constructor(recorder: Recorder, tell: (command: Command, error: Error | null, at: number) => void) {
    this.#recorder = recorder
    this.#tell = tell
  }

  /** The oldest that the run has not acted upon. */
  next(): Delivery | Stopped | undefined {
    return this.#deliveries.shift()
  }

  /** The run is stopped where this stands in the journal, not before what stands there earlier. */
  stop(cancel: EntryBodies['cancel']): void {
    this.#deliveries.push({ cancel })
  }

  succeed(command: Command, encoded: string, at: number, additions: StepAdditions | null): void {
    const { hash: h, kind: t, attempt: a, startedAt, connection } = command
    const signal = additions?.signal
    // What is undefined is not written.
    const body = { h, t, a, s: startedAt || at, c: connection ?? undefined, sig: signal }
    const written = withValue(write('step', command.name, at, body), encoded)
    // Decoded from what was stored, so that the function gets the same live as on replay.
    this.#record(command, written, additions, () => ({ ok: true, value: decode(encoded) }))
  }

  fail(
    command: Command,
    failure: { readonly error: unknown; readonly fate: Fate },
    at: number,
    additions: Additions | null,
  ): void {
    const { hash: h, kind: t, attempt: a, startedAt, connection } = command
    const e = storeError(failure.error)
    const written = write('step', command.name, at, {
      h,
      t,
      a,
      s: startedAt || at,
      ...(connection !== null && { c: connection }),
      e,
      f: failure.fate,
    })
    this.#record(command, written, additions, () => ({ ok: false, error: restoreError(e), fate: failure.fate }))
  }

  /** A result that stands in the journal already is written again where it is taken, so that the next replay delivers it at this point. */
  adopt(command: Command, entry: StepEntry, at: number): void {
    const { v, ...body } = entry.body
    const written = write('step', command.name, at, body)
    this.#record(command, body.e === undefined ? withValue(written, encode(v)) : written, null, () => resultOf(entry))
  }

  #record(command: Command, written: Written, additions: Additions | null, make: () => Result): void {
    const { at } = written.entry
    this.#recorder.record(written, additions, (_receipt, seq) => {
      const result = make()
      this.#deliveries.push({ command, at, seq, ...result })
      this.#tell(command, result.ok ? null : result.error, at)
    })
  }
}
