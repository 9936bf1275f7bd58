import type { Clock } from '../base/clock.ts'

/** A request as a limit sees it. */
export interface LimitedRequest {
  readonly operation: string
  readonly method: string
  /** As the operation takes it; `null` where the request did not fit. */
  readonly input: unknown
}

/** How many requests a provider takes in a time: a bucket that fills again evenly. */
export interface Limit {
  /** As the provider calls it. */
  readonly name: string
  readonly most: number
  readonly perMs: number
  /** Requests with the same text share one bucket; `null` for those that it does not count. Default: all share one. */
  readonly of?: (request: LimitedRequest) => string | null
  /** The headers by which the provider tells of it, on every answer that it counts. */
  readonly headers?: (bucket: { readonly left: number; readonly fullInS: number }) => Readonly<Record<string, string>>
}

interface Exceeded {
  readonly limit: Limit
  readonly retryAfterS: number
}

export interface Taken {
  readonly exceeded: Exceeded | null
  readonly headers: Readonly<Record<string, string>>
  /** For a request that never reached the provider's counting. */
  readonly giveBack: () => void
}

interface Bucket {
  level: number
  at: number
}

const mostBuckets = 10_000

/** Counts requests by the clock of the simulator. */
export class Limits {
  readonly #limits: readonly Limit[]
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor(limits: readonly Limit[], clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Counts the request, unless one of its limits is reached: then it is refused and counted by none. */
  take(request: LimitedRequest): Taken {
    const counted = this.#limits.flatMap((limit) => {
      const key = limit.of === undefined ? '' : limit.of(request)
      return key === null ? [] : [{ limit, bucket: this.#bucket(limit, `${limit.name} ${key}`) }]
    })
    const full = counted.find(({ bucket }) => bucket.level < 1)
    if (full === undefined) for (const { bucket } of counted) bucket.level -= 1
    const headers = Object.assign({}, ...counted.map(({ limit, bucket }) => told(limit, bucket))) as Taken['headers']
    const giveBack = (): void => counted.forEach(({ bucket }) => void (bucket.level += 1))
    return { exceeded: full === undefined ? null : exceededBy(full.limit, full.bucket), headers, giveBack }
  }

  #bucket({ most, perMs }: Limit, key: string): Bucket {
    const now = this.#clock.now()
    const known = this.#buckets.get(key)
    // Taken out and put back: the one that was asked for longest ago is the first, and the first to be forgotten.
    this.#buckets.delete(key)
    const level = known === undefined ? most : Math.min(most, known.level + ((now - known.at) * most) / perMs)
    const bucket = { level, at: now }
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > mostBuckets) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    return bucket
  }
}

function exceededBy(limit: Limit, { level }: Bucket): Exceeded {
  return { limit, retryAfterS: Math.ceil(((1 - level) * limit.perMs) / limit.most / 1000) }
}

function told({ most, perMs, headers }: Limit, { level }: Bucket): Readonly<Record<string, string>> {
  const fullInS = Math.ceil(((most - level) * perMs) / most / 1000)
  return headers?.({ left: Math.max(0, Math.floor(level)), fullInS }) ?? {}
}
