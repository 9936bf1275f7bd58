import { decode, encode } from '../base/json.ts'
import type { Fate } from '../outbound/retry.ts'
import type { Command } from './command.ts'
import { withValue, write, writeSuccess, type EntryBodies, type Written } from './entries.ts'
import { codeOf, restoreError, storeError } from './outcome.ts'
import type { Additions, FailureAdditions, StepAdditions, Recorder } from './recorder.ts'
import type { StepEntry } from './replay.ts'
import { resultOf, type Delivery, type Result } from './replayer.ts'
import { tellStep, type Told } from './telling.ts'

/** A cancel, or the end of the run's time. */
export interface Stopped {
  readonly cancel: EntryBodies['cancel']
}

/** It reaches other runs, too, so that it waits until it is durable, and what stands behind it waits with it. */
interface Stopping extends Stopped {
  isDurable: boolean
}

/**
 * Writes what steps came to, and hands it on in the order of the journal, without waiting for the disk: what the function asks for next leaves only when
 * all this is durable, and what it only computes may be lost with it.
 */
export class Results {
  readonly #recorder: Recorder
  readonly #told: Told
  readonly #deliveries: (Delivery | Stopping)[] = []

  constructor(recorder: Recorder, told: Told) {
    this.#recorder = recorder
    this.#told = told
  }

  /** The oldest that the run has not acted upon. */
  next(): Delivery | Stopped | undefined {
    const next = this.#deliveries[0]
    if (next === undefined || ('cancel' in next && !next.isDurable)) return undefined
    return this.#deliveries.shift()
  }

  /** It was told to stop, and that is not durable yet. */
  get isStopping(): boolean {
    return this.#deliveries.length > 0
  }

  /** The run is stopped where this stands in the journal, not before what stands there earlier. */
  stop(cancel: EntryBodies['cancel'], at: number, additions: Additions | null): void {
    const stopping: Stopping = { cancel, isDurable: false }
    this.#deliveries.push(stopping)
    this.#recorder.record(write('cancel', null, at, cancel), additions, () => {
      stopping.isDurable = true
    })
  }

  succeed(command: Command, encoded: string, at: number, additions: StepAdditions | null): void {
    const written = writeSuccess(command, encoded, { at, signal: additions?.signal })
    // Decoded from what was stored, so that the function gets the same live as on replay.
    this.#record(command, written, additions, { ok: true, value: decode(encoded) })
  }

  fail(
    command: Command,
    failure: { readonly error: unknown; readonly fate: Fate },
    at: number,
    additions: FailureAdditions | null,
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
      ...(additions?.x !== undefined && { x: additions.x }),
    })
    this.#record(command, written, additions, { ok: false, error: restoreError(e), fate: failure.fate })
  }

  /** A result that stands in the journal already is written again where it is taken, so that the next replay delivers it at this point. */
  adopt(command: Command, entry: StepEntry, at: number): void {
    const { v, ...body } = entry.body
    const written = write('step', command.name, at, body)
    this.#record(command, body.e === undefined ? withValue(written, encode(v)) : written, null, resultOf(entry))
  }

  #record(command: Command, written: Written, additions: Additions | null, result: Result): void {
    const { at } = written.entry
    const { services, row } = this.#told
    const tookMs = at - (command.startedAt || at)
    services.meter.stepEnded(row.flow, command, result.ok ? '' : codeOf(result.error), tookMs)
    const seq = this.#recorder.record(written, additions, this.#tellLater(command, result, at))
    this.#deliveries.push(
      result.ok
        ? { command, at, seq, ok: true, value: result.value }
        : { command, at, seq, ok: false, error: result.error, fate: result.fate },
    )
  }

  // Others hear of it only when it is durable.
  #tellLater(command: Command, result: Result, at: number): (() => void) | undefined {
    if (!this.#told.services.isHeard(result.ok ? 'step.completed' : 'step.failed')) return undefined
    return () => tellStep(this.#told, command, result.ok ? null : result.error, at)
  }
}
