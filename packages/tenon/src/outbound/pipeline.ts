import { readdirSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { waitedInVain } from './failure.ts'
import type { RawAnswer } from './outbound.ts'
import {
  stages,
  type Policy,
  type PolicyCall,
  type PolicyContext,
  type PolicyDefinition,
  type PolicyEnd,
} from './policy.ts'

const folder = new URL('./policies/', import.meta.url)

/** The folder is the registry: every file in it is a policy. In the order of `stages`; tests and declarations have a second dot in their names. */
export async function loadPolicies(): Promise<readonly PolicyDefinition[]> {
  const names = readdirSync(folder).filter((name) => /^[a-z-]+\.[jt]s$/.test(name))
  const files = await Promise.all(
    names.map(async (name) => (await import(/* @vite-ignore */ `./policies/${name}`)) as { policy: PolicyDefinition }),
  )
  return files.map(({ policy }) => policy).toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage))
}

/** Authenticates a call and sends it. Throws, or rejects with, what kept it from being answered. */
export type Send = (call: PolicyCall) => Promise<RawAnswer>

/** What the calls of one connection go through. */
export interface Pipeline {
  /** Never throws: it rejects. */
  run(call: PolicyCall, send: Send): Promise<RawAnswer>
}

/** The policies that the options leave on, opened for one connection. Throws `APP_INVALID` for options that make no sense. */
export function openPipeline(definitions: readonly PolicyDefinition[], context: PolicyContext): Pipeline {
  const policies = definitions.map(({ open }) => open(context)).filter((policy) => policy !== null)
  return new Policies(policies, context.clock)
}

type Around = Policy & Required<Pick<Policy, 'around'>>

class Policies implements Pipeline {
  /** The outermost first. */
  readonly #arounds: readonly Around[]
  readonly #gates: readonly Policy[]
  readonly #clock: Clock

  constructor(policies: readonly Policy[], clock: Clock) {
    this.#arounds = policies.filter((policy) => policy.around !== undefined) as Around[]
    this.#gates = policies.filter((policy) => policy.around === undefined)
    this.#clock = clock
  }

  run(call: PolicyCall, send: Send): Promise<RawAnswer> {
    return this.#around(0, call, send)
  }

  #around(from: number, call: PolicyCall, send: Send): Promise<RawAnswer> {
    for (let at = from; at < this.#arounds.length; at += 1) {
      const policy = this.#arounds[at] as Around
      if (policy.concerns?.(call) !== false) return policy.around(call, (inner) => this.#around(at + 1, inner, send))
    }
    return this.#admit(0, call, send)
  }

  // Mostly no policy has to wait: then the call passes all of them without a promise of its own.
  #admit(from: number, call: PolicyCall, send: Send): Promise<RawAnswer> {
    const gates = this.#gates
    let at = from
    try {
      for (; at < gates.length; at += 1) {
        const waiting = (gates[at] as Policy).admit?.(call)
        if (waiting !== undefined) return this.#afterwards(waiting, at, call, send)
      }
      call.sentAt = this.#clock.now()
      return send(call).then(
        (answer) => {
          this.#settle(at, call, { answer, tookMs: this.#clock.now() - call.sentAt })
          return answer
        },
        (error: Error) => {
          this.#settle(at, call, { error, tookMs: this.#clock.now() - call.sentAt })
          throw error
        },
      )
    } catch (error) {
      return this.#turnedAway(at, call, error as Error)
    }
  }

  #afterwards(waiting: Promise<void>, at: number, call: PolicyCall, send: Send): Promise<RawAnswer> {
    return waiting.then(
      () => {
        const isLate = call.signal?.aborted === true || this.#clock.now() >= call.deadline
        return isLate ? this.#turnedAway(at + 1, call, waitedInVain(call.request)) : this.#admit(at + 1, call, send)
      },
      (error: Error) => this.#turnedAway(at, call, error),
    )
  }

  #turnedAway(admitted: number, call: PolicyCall, error: Error): Promise<RawAnswer> {
    this.#settle(admitted, call, { error, tookMs: 0 })
    return Promise.reject(error)
  }

  #settle(admitted: number, call: PolicyCall, end: PolicyEnd): void {
    for (let at = admitted - 1; at >= 0; at -= 1) (this.#gates[at] as Policy).settled?.(call, end)
  }
}
