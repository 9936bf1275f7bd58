import type { Durable, Ledger } from './ledger.ts'

interface Observed {
  /** What the function of the run got, in order, over all its stays in memory. */
  readonly lines: { readonly step: string; readonly text: string }[]
  retries: number
}

/** One stay of a run in memory: what its function has got so far. */
export interface Stay {
  readonly run: string
  readonly isDry: boolean
  index: number
  digest: number
}

/**
 * Rule 2: whatever a function got in one stay in memory it gets in every later one, in the same order.
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

  begin(run: string, isDry: boolean): Stay {
    const durable = this.#durable()
    const observed = this.#of(run)
    const retries = durable.retries(run)
    if (retries > observed.retries) {
      const voided = durable.voided(run)
      const first = observed.lines.findIndex(({ step }) => voided.has(step))
      if (first >= 0) observed.lines.length = first
      observed.retries = retries
    }
    return { run, isDry, index: 0, digest: 7 }
  }

  got(stay: Stay, step: string, text: string): void {
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
    if (observed === undefined) this.#byRun.set(run, (observed = { lines: [], retries: 0 }))
    return observed
  }
}
