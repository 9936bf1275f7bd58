import type { Durable, Ledger } from './ledger.ts'

interface Observed {
  /** What the function of the run got, in order, over all its stays in memory. */
  readonly lines: { readonly step: string; readonly text: string }[]
  retries: number
  /** Per step, how many of them it was asked for with. */
  readonly askedAfter: Map<string, number>
}

/** One stay of a run in memory: what its function has got so far. */
export interface Stay {
  readonly run: string
  readonly isDry: boolean
  /** Whether what it gets counts: not in a process that has ended, or that no longer owns the run. */
  readonly counts: () => boolean
  index: number
  digest: number
}

/**
 * Rule 2: whatever a function got in one stay in memory it gets in every later one, in the same order, once that is durable; and nothing of it leaves before (rule 7).
 * A retry by a person takes away the results from the first void one on.
 */
export class Observations {
  readonly #ledger: Ledger
  readonly #durable: () => Durable
  readonly #byRun = new Map<string, Observed>()
  constructor(ledger: Ledger, durable: () => Durable) {
    this.#ledger = ledger
    this.#durable = durable
  }

  begin(run: string, isDry: boolean, counts: () => boolean): Stay {
    const stay: Stay = { run, isDry, counts, index: 0, digest: 7 }
    // It hears of nothing before it is lost again.
    if (!isDry && !counts()) return stay
    const durable = this.#durable()
    const observed = this.#of(run)
    const retries = durable.retries(run)
    if (retries > observed.retries) {
      const voided = durable.voided(run)
      const first = observed.lines.findIndex(({ step }) => voided.has(step))
      if (first >= 0) observed.lines.length = first
      observed.retries = retries
    }
    const lost = isDry ? -1 : this.#firstLost(run)
    if (lost >= 0) observed.lines.length = lost
    return stay
  }

  /** The function asks for a step. */
  asks(stay: Stay, step: string): void {
    this.#of(stay.run).askedAfter.set(step, stay.index)
  }

  /** A call, or own code of a step, leaves. */
  leaves(run: string, step: string): void {
    const lost = this.#firstLost(run)
    if (lost >= 0 && lost < (this.#of(run).askedAfter.get(step) ?? 0))
      this.#ledger.problem(
        `rule 7: ${step} of ${run} leaves, and that it got <${this.#of(run).lines[lost]?.text}> is not durable`,
      )
  }

  // What the function got before the journal had it, and may get otherwise the next time.
  #firstLost(run: string): number {
    const finished = new Set(
      this.#durable()
        .entries(run)
        .flatMap(({ kind, step }) => (kind === 'step' ? [step] : [])),
    )
    return this.#of(run).lines.findIndex(({ step }) => step !== '' && !finished.has(step))
  }

  got(stay: Stay, step: string, text: string): void {
    if (!stay.isDry && !stay.counts()) return
    const { lines } = this.#of(stay.run)
    const known = lines[stay.index]
    if (known === undefined && !stay.isDry) lines.push({ step, text })
    else if (known === undefined && !this.#isCancelled(stay.run))
      this.#ledger.problem(`rule 2: run ${stay.run} gets more on replay than it ever got: ${text}`)
    else if (known !== undefined && known.text !== text)
      this.#ledger.problem(
        `rule 2: run ${stay.run} got as number ${stay.index + 1} first <${known.text}>, later <${text}>`,
      )
    stay.index += 1
    // What differs from one simulation of the seed to the next must not steer it.
    const plain = this.#ledger.plain(text.replaceAll(/~[^~]*~/g, ''))
    for (let index = 0; index < plain.length; index += 1) stay.digest = (stay.digest * 31 + plain.charCodeAt(index)) | 0
  }

  /** True when the function of the run got what that step came to. */
  hasGot(run: string, step: string): boolean {
    return this.#of(run).lines.some((line) => line.step === step)
  }

  /** After a dry replay of the whole journal. */
  isComplete(stay: Stay): boolean {
    return stay.index >= this.#of(stay.run).lines.length
  }

  // A cancel may reach a run between two results of one commit.
  #isCancelled(run: string): boolean {
    return this.#durable()
      .entries(run)
      .some(({ kind }) => kind === 'cancel')
  }

  #of(run: string): Observed {
    let observed = this.#byRun.get(run)
    if (observed === undefined) this.#byRun.set(run, (observed = { lines: [], retries: 0, askedAfter: new Map() }))
    return observed
  }
}
