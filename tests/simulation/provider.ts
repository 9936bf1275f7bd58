import { sleep, type Clock } from '../../packages/tenon/src/base/clock.ts'
import { TenonError } from '../../packages/tenon/src/base/errors.ts'
import { contentHash } from '../../packages/tenon/src/base/ids.ts'
import { encode } from '../../packages/tenon/src/base/json.ts'
import type { CallAnswer, CallRequest, Client } from '../../packages/tenon/src/client/client.ts'
import { postponed } from '../../packages/tenon/src/outbound/outbound.ts'
import type { Fate } from '../../packages/tenon/src/outbound/retry.ts'
import type { Random } from '../chaos/random.ts'
import type { Durable, Ledger } from './ledger.ts'

/** What a generated flow sends with each call. */
export interface Sent {
  readonly run: string
  readonly flow: string
  readonly step: string
  readonly seen: number
}

interface Effect {
  /** Tells inputs apart: a person's retry may make a step ask for something else than before. */
  readonly seen: number
  readonly key: string | null
  readonly at: number
  readonly output: unknown
}

/** How long it remembers a key. */
export const keyLifeMs = 24 * 3_600_000

interface Parts {
  readonly clock: Clock
  readonly random: Random
  readonly ledger: Ledger
  readonly durable: () => Durable
  /** A call of that step has left. */
  readonly onLeaving: (run: string, step: string) => void
  readonly concurrencyOf: (flow: string) => number
}

/** The other side, with a record of every effect that it made. It outlives the processes that call it. */
export class Provider {
  readonly #parts: Parts
  readonly #effects = new Map<string, Effect[]>()
  readonly #asked = new Map<string, number>()
  readonly #onTheWay = new Set<string>()
  readonly #allowed = new Map<string, number>()
  /** What each key was sent with. */
  readonly #inputs = new Map<string, string>()
  readonly #keys = new Map<string, Set<string>>()
  readonly #calling = new Set<Calling>()
  readonly #hanging = new Set<() => void>()
  #effectCount = 0
  faultRate = 0.35

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The client of one process: when that ends, no answer reaches it any more. */
  clientFor(caller: Caller): Client {
    return { call: (request) => this.#call(request, caller) }
  }

  stopFaults(): void {
    this.faultRate = 0
    for (const giveUp of this.#hanging) giveUp()
    this.#hanging.clear()
  }

  /** Effects of the step as it was asked for last. */
  effectsOf(run: string, step: string): readonly Effect[] {
    const id = `${run} ${step}`
    const seen = this.#asked.get(id) ?? 0
    return (this.#effects.get(id) ?? []).filter(
      (effect) => effect.seen === seen || this.#parts.durable().retries(run) === 0,
    )
  }

  /** True while an effect of the step may still come about by itself. */
  isPending(run: string, step: string): boolean {
    return this.#onTheWay.has(`${run} ${step}`)
  }

  /** A person decided to send it again, whatever became of the first. */
  allow(run: string, step: string): void {
    const id = `${run} ${step}`
    this.#allowed.set(id, (this.#allowed.get(id) ?? 1) + 1)
  }

  allowedOf(run: string, step: string): number {
    return this.#allowed.get(`${run} ${step}`) ?? 1
  }

  /** Own code of a flow that must not run twice counts as an effect too. */
  bodyRan(run: string, step: string): void {
    this.#take({ run, step, seen: 0 }, null, 'run')
  }

  #take({ run, step, seen }: Pick<Sent, 'run' | 'step' | 'seen'>, key: string | null, operation: string): unknown {
    const { ledger, clock } = this.#parts
    const id = `${run} ${step}`
    const effects = this.#effects.get(id) ?? []
    this.#effects.set(id, effects)
    const output = { of: step, number: (this.#effectCount += 1) }
    effects.push({ seen, key, at: clock.now(), output })
    const same = effects.filter((effect) => effect.seen === seen || this.#parts.durable().retries(run) === 0)
    ledger.note(`effect ${operation} ${run} ${step} number ${same.length}`)
    if (same.length > this.allowedOf(run, step)) {
      const keys = new Set(same.map((effect) => effect.key))
      ledger.problem(`effect: ${operation} of ${run} ${step} took effect ${same.length} times, under ${keys.size} keys`)
    }
    return output
  }

  async #call(request: CallRequest, caller: Caller): Promise<CallAnswer> {
    const { ledger, durable, clock } = this.#parts
    const sent = request.input as Sent
    const { run, step } = sent
    const waiting: Calling = { ...sent, caller, isAborted: false }
    const away = await Promise.race([this.#waitForTurn(request, caller), aborted(request.signal, waiting, 'not-sent')])
    if (away !== null) return away
    ledger.note(`${clock.now()} call ${request.operation} ${run} ${step} seen ${sent.seen}`)
    if (!caller.owns(run)) ledger.problem(`I3: ${step} of ${run} is sent by a process that does not own it`)
    this.#parts.onLeaving(run, step)
    this.#asked.set(`${run} ${step}`, sent.seen)
    if (request.operation === 'tell' && !durable().isAnnounced(run, step))
      ledger.problem(`rule 8: ${step} of ${run} leaves, and the journal does not know that it is about to`)
    if (durable().isFinished(run, step, contentHash(encode(sent))))
      ledger.problem(`I2: ${step} of ${run} is finished and was sent again`)
    this.#checkKey(request, sent)
    const calling: Calling = { ...sent, caller, isAborted: false }
    this.#enter(calling)
    try {
      return await Promise.race([this.#answer(request, sent, calling), aborted(request.signal, calling, 'ambiguous')])
    } finally {
      this.#calling.delete(calling)
    }
  }

  /** What stands between a call and its leaving: policies that let it wait or turn it away, logins that fail, sockets that do not open. `null` where it leaves. */
  async #waitForTurn({ beforeLeaving }: CallRequest, { clock }: Caller): Promise<CallAnswer | null> {
    const { random } = this.#parts
    const fault = random.chance(this.faultRate) ? random.next() : 1
    if (fault < 0.6) await sleep(clock, random.between(0, fault < 0.3 ? 50 : 1000))
    if (fault < 0.1) return notYet(fault * 10_000_000)
    if (fault < 0.15) return failure('not-sent', {})
    await beforeLeaving?.()
    return fault < 0.7 && fault >= 0.6 ? failure('not-sent', {}) : null
  }

  #checkKey(request: CallRequest, { run, step, seen }: Sent): void {
    const { ledger, durable } = this.#parts
    const wantsKey = request.operation === 'put' || request.operation === 'release'
    if (wantsKey !== (request.idempotencyKey !== null))
      ledger.problem(`key: ${step} of ${run} was sent with a wrong kind of key`)
    if (request.idempotencyKey === null) return
    const input = `${step} ${seen}`
    if ((this.#inputs.get(request.idempotencyKey) ?? input) !== input)
      ledger.problem(`key: ${step} of ${run} was sent under the key of another input`)
    this.#inputs.set(request.idempotencyKey, input)
    const id = `${run} ${step}`
    const keys = this.#keys.get(id) ?? new Set()
    this.#keys.set(id, keys.add(request.idempotencyKey))
    if (keys.size > 1 + durable().retries(run))
      ledger.problem(`key: ${step} of ${run} was sent under ${keys.size} keys`)
  }

  #enter(entering: Calling): void {
    const { ledger, concurrencyOf } = this.#parts
    const { flow } = entering
    this.#calling.add(entering)
    const calling = new Set<string>()
    for (const other of this.#calling) if (other.flow === flow && isOpen(other)) calling.add(other.run)
    if (calling.size > concurrencyOf(flow))
      ledger.problem(`I7: ${calling.size} runs of ${flow} are calling, its limit is ${concurrencyOf(flow)}`)
  }

  #answer(request: CallRequest, sent: Sent, life: Calling): Promise<CallAnswer> {
    const { random } = this.#parts
    if (!random.chance(this.faultRate))
      return this.#after(life, random.chance(0.5) ? 0 : random.between(1, 400), () => this.#succeed(request, sent))
    const fault = random.next()
    if (fault < 0.27) return this.#after(life, random.between(0, 30_000), () => failure('ambiguous', {}))
    if (fault < 0.45) {
      this.#succeed(request, sent)
      return this.#after(life, random.between(0, 30_000), () => failure('ambiguous', {}))
    }
    if (fault < 0.6)
      return this.#after(life, random.between(0, 500), () =>
        failure('answered', { retryAfterMs: random.between(1, 600) * 1000 }),
      )
    if (fault < 0.72) return this.#after(life, random.between(0, 500), () => this.#refuse(request, sent))
    if (fault < 0.84) return this.#hang(request, sent)
    if (fault < 0.92) return this.#late(request, sent, life)
    return this.#after(life, random.between(1, 7200) * 1000, () => this.#succeed(request, sent))
  }

  // What its caller has given up, or lost, takes no effect any more. A caller that stands still finds the answer when it goes on.
  #after(life: Calling, delayMs: number, make: () => CallAnswer): Promise<CallAnswer> {
    return new Promise((resolve) => {
      this.#parts.clock.after(delayMs, () => {
        if (!isOpen(life)) return
        const answer = make()
        life.caller.clock.after(0, () => resolve(answer))
      })
    })
  }

  #succeed(request: CallRequest, { run, step, seen }: Sent): CallAnswer {
    const { clock } = this.#parts
    const answered = (output: unknown): CallAnswer => ({ outcome: 'answered', output, status: 200 })
    const known = (this.#effects.get(`${run} ${step}`) ?? []).filter((effect) => effect.seen === seen)
    if (request.operation === 'read') return answered({ of: step })
    if (request.operation === 'book' && request.mayHaveHappened && known.length > 0)
      return { outcome: 'found', output: known[0]!.output, status: 200 }
    const same = known.find(
      ({ key, at }) => key !== null && key === request.idempotencyKey && clock.now() - at < keyLifeMs,
    )
    if (same !== undefined) return answered(same.output)
    return answered(this.#take({ run, step, seen }, request.idempotencyKey, request.operation))
  }

  // A provider that made the effect does not say that it refuses it.
  #refuse(request: CallRequest, sent: Sent): CallAnswer {
    const isPossible = request.idempotencyKey === null ? !request.mayHaveHappened : !this.isPending(sent.run, sent.step)
    if (!isPossible || this.effectsOf(sent.run, sent.step).length > 0) return this.#succeed(request, sent)
    return failure('answered', { retryable: false, code: 'UPSTREAM_REFUSED' })
  }

  // Until the process ends, or the client's own limit strikes.
  #hang(request: CallRequest, sent: Sent): Promise<CallAnswer> {
    if (this.#parts.random.chance(0.5)) this.#succeed(request, sent)
    return new Promise((resolve) => {
      this.#hanging.add(() => resolve(failure('ambiguous', {})))
    })
  }

  // The answer is lost while the request is still on its way.
  #late(request: CallRequest, sent: Sent, life: Calling): Promise<CallAnswer> {
    const { clock, random } = this.#parts
    if (request.idempotencyKey === null) return this.#after(life, 10, () => failure('ambiguous', {}))
    const id = `${sent.run} ${sent.step}`
    this.#onTheWay.add(id)
    clock.after(random.between(1, 60_000), () => {
      this.#onTheWay.delete(id)
      this.#succeed(request, sent)
    })
    return this.#after(life, 10, () => failure('ambiguous', {}))
  }
}

/** The process that calls. */
export interface Caller {
  readonly clock: Clock
  /** It may bring that run on now. */
  readonly owns: (run: string) => boolean
}

interface Calling {
  readonly run: string
  readonly flow: string
  readonly caller: Caller
  isAborted: boolean
}

function isOpen({ isAborted, caller, run }: Calling): boolean {
  return !isAborted && caller.owns(run)
}

function aborted(signal: AbortSignal | null, calling: Calling, fate: Fate): Promise<CallAnswer> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      calling.isAborted = true
      resolve(failure(fate, {}))
    }
    if (signal?.aborted === true) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function failure(
  fate: Fate,
  options: { retryable?: boolean; retryAfterMs?: number; code?: 'UPSTREAM_REFUSED' },
): CallAnswer {
  const { code = 'UPSTREAM_UNAVAILABLE', ...rest } = options
  return { outcome: 'failed', error: new TenonError(code, `the provider failed (${fate})`, rest), fate, status: null }
}

/** Its turn has not come: nothing left. */
function notYet(afterMs: number): CallAnswer {
  const error = postponed('RATE_LIMITED', 'the limit is used up', afterMs)
  return { outcome: 'failed', error, fate: 'not-sent', status: null }
}
