import type { Clock } from '../../base/clock.ts'
import type { LearntLimit } from '../../definition/limits.ts'
import type { TenonError } from '../../base/errors.ts'
import { fateOf, postponed, type RawAnswer } from '../outbound.ts'
import type { PolicyCall, PolicyEnd } from '../policy.ts'
import { Passage, type Budget, type Fare, type Lane } from './budget.ts'
import { LearntBucket, type LearntNews } from './learnt.ts'
import type { Told } from './told.ts'
import type { Turns } from './turns.ts'

/** What connections of one account share: what its answers told, and how many calls are on their way. */
export class Learnt {
  readonly whole: Budget & { readonly bucket: LearntBucket } = learntBudget()
  /** By the names of the limits that count an operation. */
  readonly #groups = new Map<string, Budget & { readonly bucket: LearntBucket }>()
  inFlight: number = 0
  /** Other nodes that told of this account, and when they last did. */
  readonly #others = new Map<string, number>()

  /** What was learnt of the operations that these limits count; the whole account where none does. */
  group(key: string): Budget & { readonly bucket: LearntBucket } {
    if (key === '') return this.whole
    let known = this.#groups.get(key)
    if (known === undefined) this.#groups.set(key, (known = learntBudget()))
    return known
  }

  /** How many nodes call the account at the moment, as far as is known. */
  nodes(now: number): number {
    for (const [node, at] of this.#others) if (now - at > calledWithinMs) this.#others.delete(node)
    return 1 + this.#others.size
  }

  /** What another node was told by the provider. */
  heard(group: string, news: LearntNews, from: string, now: number): void {
    this.#others.set(from, now)
    this.group(group).bucket.heard(news, this.inFlight, now, this.nodes(now))
  }

  get all(): readonly (Budget & { readonly bucket: LearntBucket })[] {
    return [this.whole, ...this.#groups.values()]
  }
}

/** Who said nothing of an account for so long does not call it. */
const calledWithinMs = 10_000

function learntBudget(): Budget & { readonly bucket: LearntBucket } {
  return { bucket: new LearntBucket(), usage: null, waiting: 0, postponed: 0 }
}

/** A declared limit that counts some of the operations. */
export interface CountedLimit {
  readonly name: string
  readonly budget: Budget
  /** `null` for an operation that it does not count. */
  costOf(operation: string, method: string): number | null
}

/** What of a connection an operation pays. */
interface Terms {
  /** Names of the limits that count it. */
  readonly counted: string
  readonly fare: Fare
  readonly isLimited: boolean
  readonly group: Budget & { readonly bucket: LearntBucket }
}

export interface AccountParts {
  readonly clock: Clock
  readonly turns: Turns
  readonly learnt: Learnt
  readonly limits: readonly CountedLimit[]
  readonly read: (answer: RawAnswer, now: number) => Told | null
  /** Is told when an answer told something of what these limits count together, by their names; `''` is the whole account. */
  readonly onLearnt: (group: string, bucket: LearntBucket, isRefusal: boolean) => void
  /** The lane of these limits, the same for all connections of a tenant to this account. */
  readonly laneOf: (key: string, budgets: readonly Budget[]) => Lane
}

/** The budgets of one connection at work. */
export class Account {
  readonly #parts: AccountParts
  readonly #terms = new Map<string, Terms>()
  /** Calls that were paid for and are on their way. */
  readonly #passages = new Map<PolicyCall, Passage>()

  constructor(parts: AccountParts) {
    this.#parts = parts
  }

  admit(call: PolicyCall): void | Promise<void> {
    const { learnt, turns } = this.#parts
    const terms = this.#terms.get(call.operation) ?? this.#termsOf(call)
    if (!terms.isLimited && learnt.whole.bucket.isIdle) {
      learnt.inFlight += 1
      return
    }
    const turn = turns.admit(terms.fare, call)
    if (turn === undefined) return this.#begin(call, terms.fare)
    return turn.then(() => this.#begin(call, terms.fare))
  }

  #begin(call: PolicyCall, fare: Fare): void {
    const { learnt, clock } = this.#parts
    learnt.inFlight += 1
    const passage = new Passage(fare)
    this.#passages.set(call, passage)
    call.request.onLeaving = () => (passage.left(clock.now()) ? null : turnedBack(call))
  }

  settled(call: PolicyCall, { answer, error }: PolicyEnd): void {
    const { learnt, turns, read, clock } = this.#parts
    learnt.inFlight -= 1
    const passage = this.#passages.get(call)
    this.#passages.delete(call)
    passage?.ended(answer !== undefined || fateOf(error) !== 'not-sent', clock.now())
    if (answer === undefined) return turns.look()
    const told = read(answer, clock.now())
    if (told !== null) this.#learn(call, told)
    else if (answer.status < 400) this.#terms.get(call.operation)?.group.bucket.succeeded()
  }

  #learn(call: PolicyCall, { limits, isRefusal, pauseMs }: Told): void {
    const { learnt, turns, clock, onLearnt } = this.#parts
    const now = clock.now()
    const { counted, group, fare } = this.#terms.get(call.operation) ?? this.#termsOf(call)
    const nodes = learnt.nodes(now)
    for (const limit of limits) bucketFor(limit, group, learnt).learn(limit, learnt.inFlight, now, nodes)
    for (const { pauseMs: ms, scope } of limits)
      if (ms !== undefined) (scope === 'account' ? learnt.whole : group).bucket.pause(ms, now)
    if (isRefusal) {
      for (const { bucket } of fare.lane.budgets) bucket.empty(now)
      if (limits.every((limit) => limit.pauseMs === undefined)) group.bucket.pause(pauseMs, now)
    }
    onLearnt(counted, group.bucket, isRefusal)
    if (limits.some(({ scope }) => scope === 'account')) onLearnt('', learnt.whole.bucket, isRefusal)
    turns.look()
  }

  #termsOf({ operation, request: { method } }: PolicyCall): Terms {
    const { limits, learnt, laneOf } = this.#parts
    const counted = limits.flatMap((limit) => {
      const cost = limit.costOf(operation, method)
      return cost === null ? [] : [{ name: limit.name, budget: limit.budget, cost }]
    })
    const key = counted.map(({ name }) => name).join('\n')
    const group = learnt.group(key)
    const learntOf = group === learnt.whole ? [group] : [group, learnt.whole]
    const lane = laneOf(key, [...counted.map(({ budget }) => budget), ...learntOf])
    const costs = [...counted.map(({ cost }) => cost), ...learntOf.map(() => 1)]
    const terms = { counted: key, fare: { lane, costs }, isLimited: counted.length > 0, group }
    this.#terms.set(operation, terms)
    return terms
  }
}

/** It stood still, or was without the store, for longer than its share was its own. */
function turnedBack({ connector, operation, connection }: PolicyCall): TenonError {
  const why = `the share that this node had of the limit of connection ${connection} ended before it left`
  return postponed('RATE_LIMITED', `${connector}.${operation}: ${why}`, 1000)
}

function bucketFor({ scope }: LearntLimit, group: Budget & { bucket: LearntBucket }, { whole }: Learnt): LearntBucket {
  return (scope === 'account' ? whole : group).bucket
}
