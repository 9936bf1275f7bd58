import type { Clock } from '../../base/clock.ts'
import type { Allotter } from './allotment.ts'
import type { Words } from '../others.ts'
import type { Bucket, BucketSize } from './bucket.ts'
import { Holding, type Leased } from './holding.ts'
import { LeasedBucket } from './leased-bucket.ts'
import { Share } from './share.ts'

const leaseMs = 5000
/** What is due so soon is asked for along with the rest: one statement for all. */
const alongMs = 1000
const mostAsks = 500
const keysInWord = 100
/** What a word begins with: keys of limits of which others want more, or have let go. */
const mark = 'shares '

export interface LeasesOptions {
  readonly clock: Clock
  /** Milliseconds that only go forward: a lease ends by them. */
  readonly monotonic: () => number
  readonly allotter: Allotter
  /** Names this start of this process among all that share the limits. */
  readonly node: string
  readonly words: Words
}

/** The shares that a node holds of limits. All that it needs is asked for at once, ahead of its use: no call waits for the store unless the node was idle. */
export class Leases {
  readonly #options: LeasesOptions
  readonly #holdings = new Map<string, Holding>()
  readonly #endHearing: () => void
  #seq = 0
  #asking: Promise<void> | null = null
  #isStopped = false
  #timerAt = Infinity
  #cancelTimer: () => void = () => undefined

  constructor(options: LeasesOptions) {
    this.#options = options
    this.#endHearing = options.words.hear((word) => {
      if (!word.startsWith(mark)) return
      for (const key of word.slice(mark.length).split(' ')) this.#holdings.get(key)?.heard()
      this.#wake(this.#nextAt())
    })
  }

  /** For `bucketFor` of `Budgets`. */
  bucketFor(key: string, size: BucketSize, onMore: () => void = () => undefined): Bucket {
    return this.lend(key, size.requests, (share, hurry) => new LeasedBucket(size, share, { hurry, onMore }))
  }

  /** `hurry` is called whenever somebody waits for want of a share; it is false where no more is to be had. */
  lend<Kind extends Leased>(key: string, whole: number, make: (share: Share, hurry: () => boolean) => Kind): Kind {
    const share = new Share(whole, this.#options.monotonic)
    const leased = make(share, () => {
      const isHope = holding.hurry()
      if (isHope) this.#wake(holding.dueAt)
      return isHope
    })
    const holding = new Holding(key, leased, share)
    this.#holdings.set(key, holding)
    return leased
  }

  /** Others can have at once what is not in use here. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#endHearing()
    this.#cancelTimer()
    await this.#asking
    await this.#ask([...this.#holdings.values()].filter(({ dueAt }) => dueAt !== Infinity)).catch(() => undefined)
  }

  #nextAt(): number {
    let at = Infinity
    for (const { dueAt } of this.#holdings.values()) if (dueAt < at) at = dueAt
    return at
  }

  #wake(at: number): void {
    if (this.#isStopped || this.#asking !== null || at >= this.#timerAt) return
    const { clock } = this.#options
    this.#cancelTimer()
    this.#timerAt = at
    this.#cancelTimer = clock.after(Math.max(1, at - clock.now()), () => this.#askDue())
  }

  #askDue(): void {
    const now = this.#options.clock.now()
    this.#timerAt = Infinity
    const all = [...this.#holdings.values()]
    if (!all.some((holding) => holding.isDue(now, now))) return this.#wake(this.#nextAt())
    const due = all.filter((holding) => holding.isDue(now, now + alongMs))
    // Where it fails nothing was lent. What is held lapses, and then calls wait.
    this.#asking = this.#ask(due)
      .then((keys) => this.#tell(keys))
      .catch(() => undefined)
      .finally(() => {
        this.#asking = null
        this.#wake(this.#nextAt())
      })
  }

  /** Resolves to the keys that others should look at. */
  async #ask(due: readonly Holding[]): Promise<readonly string[]> {
    const { allotter, node, monotonic, clock } = this.#options
    const told: string[] = []
    for (let from = 0; from < due.length; from += mostAsks) {
      const part = due.slice(from, from + mostAsks)
      const [now, askedAt, forMs] = [clock.now(), monotonic(), this.#isStopped ? 0 : leaseMs]
      const asks = part.map((one) => {
        const wish = this.#isStopped ? one.ends(now) : one.asks(now)
        return { key: one.key, node, seq: (this.#seq += 1), forMs, ...wish }
      })
      const leases = await allotter.ask(asks)
      for (const [index, holding] of part.entries()) {
        const lease = leases[index]
        if (lease !== undefined && holding.answered(lease, askedAt, clock.now())) told.push(holding.key)
      }
    }
    return told
  }

  async #tell(keys: readonly string[]): Promise<void> {
    const words: string[] = []
    for (let from = 0; from < keys.length; from += keysInWord)
      words.push(mark + keys.slice(from, from + keysInWord).join(' '))
    if (words.length > 0) await this.#options.words.say(words)
  }
}
