import type { Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { contentHash } from '../../base/ids.ts'
import { AdaptiveLimit, type LimitRange } from '../concurrency/adaptive-limit.ts'
import { FairQueue, type Queued } from '../concurrency/fair-queue.ts'
import { waitedInVain } from '../failure.ts'
import { LeasedPlaces } from '../concurrency/leased-places.ts'
import { fateOf, postponed } from '../outbound.ts'
import type { Policy, PolicyCall, PolicyContext, PolicyDefinition, PolicyEnd } from '../policy.ts'
import { Recall } from '../recall.ts'

/** No more calls to an upstream are in flight than it answers well, for all connections of a connector together. */
export const policy: PolicyDefinition = {
  stage: 'concurrency',
  open({ clock, random, connector, origin, shared, leases, options: { concurrency = {} } }) {
    if (concurrency === false) return null
    const { max = 100, min = 1, adapt = true } = concurrency
    const range = { max, min: Math.min(min, max) }
    const key = `concurrency ${connector} ${origin} ${range.min} ${max} ${adapt}`
    // What nobody declared is this node's own care, and not what the upstream has for all.
    const lend = concurrency.max === undefined ? null : leases
    return shared(key, () => new Concurrency({ range, adapt, clock, random, lend, key: contentHash(key) }))
  },
}

const mostWaiting = 10_000
const longestPauseMs = 60_000
/** Who can be called back comes by itself only where that was forgotten: not before this, and not for longer than that. */
const byItselfMs = { least: 10_000, most: 600_000 }

interface Waiter extends Queued {
  readonly go: () => void
}

interface ConcurrencyOptions extends Pick<PolicyContext, 'clock' | 'random'> {
  readonly range: LimitRange
  readonly adapt: boolean
  /** Where nodes share the places; `null` where this process has all of them. */
  readonly lend: PolicyContext['leases']
  readonly key: string
}

class Concurrency implements Policy {
  readonly #max: number
  readonly #adaptive: AdaptiveLimit | null
  readonly #clock: Clock
  readonly #random: () => number
  readonly #queue = new FairQueue<Waiter>()
  readonly #recall: Recall
  readonly #leased: LeasedPlaces | null
  #inFlight = 0
  /** What an answer takes, about. */
  #tookMs = 100

  constructor({ range, adapt, clock, random, lend, key }: ConcurrencyOptions) {
    this.#max = range.max
    this.#adaptive = adapt ? new AdaptiveLimit(range) : null
    this.#clock = clock
    this.#random = random
    this.#recall = new Recall(clock)
    const counts = () => ({ inFlight: this.#inFlight, waiting: this.#queue.size + this.#recall.size })
    const onMore = (): void => this.#room()
    this.#leased =
      lend?.lend(key, range.max, (share, hurry) => new LeasedPlaces(range.max, share, { hurry, onMore, counts })) ??
      null
  }

  get #limit(): number {
    const own = this.#adaptive === null ? this.#max : Math.floor(this.#adaptive.value)
    return this.#leased === null ? own : Math.min(own, this.#leased.places)
  }

  admit(call: PolicyCall): void | Promise<void> {
    if (this.#recall.size > 0 && call.resting !== null) this.#recall.remove(call.resting)
    if (this.#inFlight < this.#limit && this.#queue.size === 0) {
      this.#inFlight += 1
      this.#leased?.used(this.#clock.now())
      return
    }
    return this.#wait(call)
  }

  settled({ operation }: PolicyCall, end: PolicyEnd): void {
    const { answer, error, tookMs } = end
    if (answer !== undefined) {
      this.#tookMs += (tookMs - this.#tookMs) / 50
      if (answer.status === 429 || answer.status === 503) this.#adaptive?.overloaded(this.#inFlight)
      else this.#adaptive?.answered(operation, tookMs, this.#inFlight)
    } else if (TenonError.is(error, 'TIMEOUT') && fateOf(error) === 'ambiguous')
      this.#adaptive?.overloaded(this.#inFlight)
    this.#inFlight -= 1
    this.#room()
  }

  #room(): void {
    if (this.#queue.size > 0) this.#look()
    if (this.#recall.size > 0) this.#callBack()
  }

  /** One for the place that came free, and one more while there is room: those who come beyond that wait in the queue. */
  #callBack(): void {
    const room = this.#limit - this.#inFlight - this.#queue.size
    if (room > 0) this.#recall.callBack(Math.min(room, 2))
  }

  #look(): void {
    while (this.#inFlight < this.#limit) {
      const waiter = this.#queue.next()
      if (waiter === null) return
      this.#inFlight += 1
      this.#leased?.used(this.#clock.now())
      waiter.go()
    }
    if (this.#queue.size > 0) this.#askForMore()
  }

  #askForMore(): void {
    if (this.#leased !== null && this.#inFlight >= this.#leased.places) this.#leased.short(this.#clock.now())
  }

  #wait(call: PolicyCall): Promise<void> {
    const { priority, tenant, flow, signal } = call
    this.#askForMore()
    const leftMs = call.deadline - this.#clock.now()
    const patienceMs = Math.min(call.patienceMs, leftMs)
    if (signal?.aborted === true) throw waitedInVain(call.request)
    if (patienceMs <= 0 || this.#queue.size >= mostWaiting) throw this.#turnAway(call)
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel()
        signal?.removeEventListener('abort', onAbort)
      }
      const go = (): void => {
        end()
        resolve()
      }
      const waiter = { priority, tenant, flow, go }
      const giveUp = (error: TenonError): void => {
        end()
        this.#queue.remove(waiter)
        reject(error)
      }
      const onAbort = (): void => giveUp(waitedInVain(call.request))
      const cancel = this.#clock.after(patienceMs, () =>
        giveUp(patienceMs < leftMs ? this.#turnAway(call) : waitedInVain(call.request)),
      )
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#queue.add(waiter)
    })
  }

  /** Back when those who wait have had their turn, as far as that can be foreseen. */
  #turnAway({ connector, operation, request, resting }: PolicyCall): TenonError {
    const limit = this.#limit
    const turnsMs = (count: number): number => ((count + 1) * this.#tookMs) / Math.max(1, limit)
    const isRecalled = resting !== null && this.#recall.add(resting)
    const turnMs = isRecalled
      ? Math.min(byItselfMs.most, byItselfMs.least + turnsMs(this.#queue.size + this.#recall.size))
      : Math.min(longestPauseMs, 1_000 + turnsMs(this.#queue.size))
    return postponed(
      'RATE_LIMITED',
      `${connector}.${operation}: ${limit} calls to ${request.origin} are in flight, as many as it takes at the moment`,
      turnMs * (1 + 0.5 * this.#random()),
    )
  }
}
