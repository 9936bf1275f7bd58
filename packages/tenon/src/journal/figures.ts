import { latestMs, type CommitFigures, type NodeFigures } from './cluster.ts'

/** What a node counts of itself. */
export class Figures {
  takenOver: number = 0
  fenced: number = 0
  #all: CommitFigures = { batches: 0, writes: 0, commitMs: 0 }
  readonly #now: () => number
  /** What was told before, as far as the window of the latest goes back. */
  #told: { readonly at: number; readonly all: CommitFigures }[]

  constructor(now: () => number) {
    this.#now = now
    this.#told = [{ at: now(), all: this.#all }]
  }

  committed(writes: number, tookMs: number): void {
    const { batches, commitMs } = this.#all
    this.#all = { batches: batches + 1, writes: this.#all.writes + writes, commitMs: commitMs + tookMs }
  }

  tell(): NodeFigures {
    const [at, all] = [this.#now(), this.#all]
    while ((this.#told[1]?.at ?? at) <= at - latestMs) this.#told.shift()
    const before = this.#told[0]?.all ?? all
    this.#told.push({ at, all })
    return {
      ...all,
      latest: {
        batches: all.batches - before.batches,
        writes: all.writes - before.writes,
        commitMs: all.commitMs - before.commitMs,
      },
    }
  }
}
