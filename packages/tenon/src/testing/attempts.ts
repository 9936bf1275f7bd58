import { AsyncLocalStorage } from 'node:async_hooks'
import { TenonError } from '../base/errors.ts'
import type { CallAnswer, CallRequest, Client } from '../client/client.ts'
import type { Intercept, InterceptedTry, TryResult } from '../engine/try-step.ts'
import type { RequestFault } from '../simulator/simulator.ts'
import { asRequestFault, asResult, type PlannedFault } from './step-fault.ts'
import { namesStep } from './step-name.ts'

/** What the test has in mind for a step. */
export interface Plan {
  readonly step: string
  readonly what: 'failAt' | 'crashAt'
  /** Tries of the step that it came to pass at. */
  readonly happened: number
  takeBack(): void
}

interface OpenPlan {
  readonly step: string
  readonly effect: { readonly fault: PlannedFault } | { readonly crash: 'before' | 'after' }
  left: number
  happened: number
}

interface Current extends InterceptedTry {
  readonly fault: PlannedFault | null
  /** Ends the process before the call leaves. */
  readonly crash: (() => void) | null
  /** Operation of the call, once it is made: what it looks up first is another one. */
  operation: string | null
}

/** The process whose tries are watched. */
export interface Watched {
  readonly isAlive: boolean
  readonly crash: () => void
}

/** Sees every try of every step: lets it go, fail, or be the end of the process. */
export class Attempts {
  readonly #current = new AsyncLocalStorage<Current>()
  readonly #plans = new Set<OpenPlan>()
  readonly #inputs = new Map<string, unknown>()
  readonly #seen = new Set<string>()
  readonly #inFlight = new Set<InterceptedTry>()

  failAt(step: string, fault: PlannedFault): Plan {
    return this.#plan('failAt', { step, effect: { fault }, left: fault.times, happened: 0 })
  }

  crashAt(step: string, crash: 'before' | 'after'): Plan {
    return this.#plan('crashAt', { step, effect: { crash }, left: 1, happened: 0 })
  }

  /** What a call was last given; `undefined` for none. */
  inputOf(run: string, step: string): unknown {
    return this.#inputs.get(`${run} ${step}`)
  }

  /** Tries that have begun and not ended. */
  get inFlight(): ReadonlySet<InterceptedTry> {
    return this.#inFlight
  }

  /** The process is gone, and with it everything in flight. */
  forget(): void {
    this.#inFlight.clear()
  }

  /** The fault that the request now being sent is to meet. */
  requestFault(): RequestFault | 'unreachable' | null {
    const current = this.#current.getStore()
    if (current === undefined || current.fault === null || current.operation === null) return null
    return asRequestFault(current.fault, current.operation)
  }

  /** Throws for a plan that never came to pass: such a test tests nothing. */
  requireHappened(): void {
    const missing = [...this.#plans].filter(({ happened }) => happened === 0)
    if (missing.length === 0) return
    const names = missing.map(({ step, effect }) => `${'fault' in effect ? 'failAt' : 'crashAt'}('${step}')`).join(', ')
    const seen = [...this.#seen].join(', ')
    throw new TenonError(
      'NOT_FOUND',
      `${names} never happened: no such step was tried. Calls and step.run are; these were: ${seen === '' ? 'none' : seen}`,
    )
  }

  intercept(life: Watched): Intercept {
    return (tried, attempt, done) => {
      if (!life.isAlive) return
      this.#seen.add(tried.step)
      const plan = this.#take(tried.step)
      const crashes = plan !== null && 'crash' in plan && plan.crash === 'before'
      if (crashes && tried.kind !== 'call') return life.crash()
      const fault = plan !== null && 'fault' in plan ? plan.fault : null
      this.#inFlight.add(tried)
      const ended = (result: TryResult): void => {
        // A dead process records nothing, and tells nothing.
        if (!life.isAlive) return
        this.#inFlight.delete(tried)
        if (plan !== null && 'crash' in plan) return life.crash()
        done(result)
      }
      this.#go({ ...tried, fault, crash: crashes ? () => life.crash() : null, operation: null }, attempt, ended)
    }
  }

  /** Tells calls apart from what they look up, and keeps what they are given. */
  watch(client: Client): Client {
    return {
      call: (request) => {
        const current = this.#current.getStore()
        if (current !== undefined) {
          current.operation = request.operation
          this.#inputs.set(`${current.run} ${current.step}`, request.input)
        }
        const crash = current?.crash ?? null
        return crash === null ? client.call(request) : dying(client, request, crash)
      },
    }
  }

  #plan(what: Plan['what'], plan: OpenPlan): Plan {
    this.#plans.add(plan)
    return {
      step: plan.step,
      what,
      get happened() {
        return plan.happened
      },
      takeBack: () => void this.#plans.delete(plan),
    }
  }

  #take(step: string): OpenPlan['effect'] | null {
    for (const plan of this.#plans) {
      if (plan.left === 0 || !namesStep(plan.step, step)) continue
      plan.left -= 1
      plan.happened += 1
      return plan.effect
    }
    return null
  }

  #go(current: Current, attempt: Parameters<Intercept>[1], ended: (result: TryResult) => void): void {
    const { fault, kind, step } = current
    if (fault === null) return this.#current.run(current, () => attempt(ended))
    // Whoever hears of it goes on only when everything that can run has run, as after a real call.
    if (fault.error === null && kind === 'call') return this.#current.run(current, () => attempt(ended))
    const result = asResult(fault, step)
    if (fault.kind === 'lost-answer' && fault.error === null) return attempt(() => ended(result))
    queueMicrotask(() => ended(result))
  }
}

/** The process dies before the call leaves: where it must not be repeated, when the journal knows that it was about to. */
function dying(client: Client, request: CallRequest, crash: () => void): Promise<CallAnswer> {
  const { beforeLeaving = null } = request
  const never = new Promise<never>(() => undefined)
  if (beforeLeaving !== null)
    return client.call({
      ...request,
      beforeLeaving: () =>
        beforeLeaving()
          ?.then(crash)
          .then(() => never),
    })
  crash()
  return never
}
