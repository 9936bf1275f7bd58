import type { Clock } from '../../base/clock.ts'
import { durationMs } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import type { BreakerOptions } from '../../definition/policy.ts'
import { Recall } from '../recall.ts'
import { Rolling } from '../budget/usage.ts'
import { postponed } from '../outbound.ts'
import type { Policy, PolicyCall, PolicyContext, PolicyDefinition, PolicyEnd } from '../policy.ts'

/** An upstream that fails is left alone for a while, and then asked by a few, for one connection and origin. */
export const policy: PolicyDefinition = {
  stage: 'breaker',
  open: (context) =>
    context.options.breaker === false ? null : new Breaker(settingsOf(context.options.breaker ?? {}), context),
}

interface Settings {
  readonly failures: number
  readonly minimum: number
  readonly windowMs: number
  readonly openMs: number
  readonly probes: number
}

const longestOpenMs = 60_000
/** Who can be called back comes by itself only where that was forgotten, as by a crash: at the earliest after this, and after as long again as it has waited already. */
const byItselfMs = { least: 120_000, most: 3_600_000 }

function settingsOf({
  failures = 0.5,
  minimum = 20,
  window = '10s',
  open = '5s',
  probes = 3,
}: BreakerOptions): Settings {
  const [windowMs, openMs] = [durationMs(window, 'breaker.window'), durationMs(open, 'breaker.open')]
  return { failures, minimum, windowMs, openMs, probes }
}

/** What one node tells the others of an upstream that they call for the same connection. */
type News = { readonly is: 'open' | 'probing' | 'closed'; readonly ms: number }

type State =
  | { readonly is: 'closed'; readonly calls: Rolling; readonly failures: Rolling }
  | { readonly is: 'open'; readonly until: number }
  /** Asked by a few: as many successes as probes close it, one failure opens it again. */
  | { readonly is: 'probing'; readonly inFlight: Set<PolicyCall>; successes: number }

class Breaker implements Policy {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #random: () => number
  readonly #what: string
  #state: State
  /** How long it stays open the next time. */
  #openMs: number
  readonly #recall: Recall
  readonly #tell: (is: News['is'], ms: number) => void
  /** Until then few failures are enough: another node has found the upstream to fail. */
  #isWaryUntil = -Infinity
  #cancelProbe: (() => void) | null = null

  constructor(settings: Settings, { clock, random, origin, connection, connector, tenant, others }: PolicyContext) {
    this.#settings = settings
    this.#clock = clock
    this.#random = random
    this.#what = `${origin} fails for connection ${connection} and is left alone`
    this.#openMs = settings.openMs
    this.#state = this.#closed()
    this.#recall = new Recall(clock)
    const topic = `breaker ${tenant} ${connector} ${connection} ${origin}`
    this.#tell = (is, ms) => others.tell(topic, { is, ms })
    others.hear(topic, (news) => this.#heard(news as News))
  }

  admit(call: PolicyCall): void {
    if (this.#recall.size > 0 && call.resting !== null) this.#recall.remove(call.resting)
    if (this.#state.is === 'closed') return
    const { openMs, probes } = this.#settings
    if (this.#state.is === 'open') {
      const leftMs = this.#state.until - this.#clock.now()
      // More than it was opened for is left only where the clock was put back.
      if (leftMs > 0 && leftMs <= 2 * longestOpenMs + openMs) throw this.#turnAway(call, leftMs)
      this.#state = { is: 'probing', inFlight: new Set(), successes: 0 }
      this.#tell('probing', openMs)
    }
    const { inFlight, successes } = this.#state
    if (inFlight.size + successes >= probes) throw this.#turnAway(call, openMs)
    inFlight.add(call)
  }

  settled(call: PolicyCall, end: PolicyEnd): void {
    const state = this.#state
    if (state.is === 'open') return
    const sound = judged(end)
    if (state.is === 'closed') {
      this.#recall.heard(end)
      return sound === null ? undefined : this.#count(state, sound)
    }
    // What was sent before it opened says nothing of now.
    if (!state.inFlight.delete(call) || sound === null) return
    if (!sound) return this.#open()
    state.successes += 1
    if (state.successes < this.#settings.probes) return
    this.#openMs = this.#settings.openMs
    this.#state = this.#closed()
    this.#tell('closed', 0)
    this.#recall.start()
  }

  /** Of several nodes one tries at a time, and the others go by what it finds. Each believes only its own calls that an upstream fails or works. */
  #heard({ is, ms }: News): void {
    const now = this.#clock.now()
    if (this.#state.is === 'closed' && is === 'open') {
      this.#state = this.#closed()
      this.#isWaryUntil = now + Math.min(longestOpenMs, ms) + this.#settings.windowMs
    } else if (this.#state.is === 'open') {
      // Who told it tries first, unless it has no call to try with.
      const laterMs = Math.min(longestOpenMs, ms) * (1.1 + 0.1 * this.#random())
      const until = is === 'closed' ? now : Math.max(this.#state.until, now + laterMs)
      this.#state = { is: 'open', until }
      if (this.#recall.size > 0) this.#probeIn(until - now)
    }
  }

  #count({ calls, failures }: Extract<State, { is: 'closed' }>, isSuccess: boolean): void {
    const now = this.#clock.now()
    calls.add(1, now)
    if (isSuccess) return
    failures.add(1, now)
    const all = calls.sum(now)
    const { minimum, probes } = this.#settings
    const enough = now < this.#isWaryUntil ? Math.min(minimum, probes) : minimum
    if (all >= enough && failures.sum(now) >= this.#settings.failures * all) this.#open()
  }

  #closed(): State {
    const { windowMs } = this.#settings
    return { is: 'closed', calls: new Rolling(windowMs), failures: new Rolling(windowMs) }
  }

  #open(): void {
    this.#recall.stop()
    this.#state = { is: 'open', until: this.#clock.now() + this.#openMs }
    this.#tell('open', this.#openMs)
    this.#openMs = Math.max(this.#openMs, Math.min(longestOpenMs, this.#openMs * 2))
  }

  /** Who can be called back rests until then, the others come back a little apart from each other. */
  #turnAway({ connector, operation, resting, since }: PolicyCall, leftMs: number): Error {
    const message = `${connector}.${operation}: ${this.#what} for ${Math.ceil(leftMs / 1000)} s`
    if (resting === null || !this.#recall.add(resting))
      return postponed('CIRCUIT_OPEN', message, leftMs * (1 + 0.2 * this.#random()))
    if (this.#cancelProbe === null) this.#probeIn(leftMs)
    const againMs = Math.min(byItselfMs.most, Math.max(byItselfMs.least, this.#clock.now() - since))
    return postponed('CIRCUIT_OPEN', message, leftMs + againMs * (1 + this.#random()))
  }

  /** Calls back as many as are to try it, again and again until it is closed or nobody rests. */
  #probeIn(ms: number): void {
    this.#cancelProbe?.()
    this.#cancelProbe = this.#clock.after(ms, () => {
      this.#cancelProbe = null
      const state = this.#state
      if (state.is === 'closed' || this.#recall.size === 0) return
      const leftMs = state.is === 'open' ? state.until - this.#clock.now() : 0
      if (leftMs > 0) return this.#probeIn(leftMs)
      const { openMs, probes } = this.#settings
      this.#recall.callBack(state.is === 'open' ? probes : probes - state.inFlight.size - state.successes)
      this.#probeIn(openMs)
    })
  }
}

/** True for an upstream that works, false for one that fails, `null` where the end says nothing of it. */
function judged({ answer, error }: PolicyEnd): boolean | null {
  // Too many requests are the limits' concern: it works, but is not asked further.
  if (answer !== undefined) return answer.status === 429 ? null : answer.status < 500
  if (!TenonError.is(error)) return null
  if (error.code === 'UPSTREAM_UNAVAILABLE') return false
  // What only waited for its turn, for a token or for the journal never asked it.
  return error.code === 'TIMEOUT' && !ownPhases.has(error.details['phase']) ? false : null
}

const ownPhases: ReadonlySet<unknown> = new Set(['turn', 'login', 'record'])
