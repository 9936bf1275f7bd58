import type { Clock } from '../../base/clock.ts'
import { durationMs } from '../../base/duration.ts'
import { contentHash } from '../../base/ids.ts'
import type { Secret } from '../../base/secret.ts'
import { nobody, type Others } from '../others.ts'
import { burstOf, type LimitOptions, type LimitsOptions } from '../../definition/limits.ts'
import { Account, Learnt, type CountedLimit } from './account.ts'
import { WindowBucket, type Bucket, type BucketSize } from './bucket.ts'
import type { Budget, Lane } from './budget.ts'
import type { LearntBucket, LearntNews, WindowView } from './learnt.ts'
import { readerOf } from './told.ts'
import { Turns } from './turns.ts'
import { Usage } from './usage.ts'

export interface AccountOptions {
  readonly tenant: string
  readonly connector: string
  readonly connection: string
  readonly credentials: Readonly<Record<string, Secret>>
  readonly limits: LimitsOptions
}

/** One limit of one account, or of the app, and how it stands. */
export interface BudgetView {
  readonly connector: string
  /** `null` for a limit of the app. */
  readonly connection: string | null
  /** The declared one's name; `null` for what was only learnt from answers. */
  readonly limit: string | null
  readonly requests: number | null
  readonly perMs: number | null
  /** Taken in the last `windowMs`, and what may be taken in such a time. */
  readonly used: number | null
  readonly windowMs: number | null
  readonly allowed: number | null
  /** The most first; `null` is what no flow asked for. */
  readonly flows: readonly { readonly flow: string | null; readonly used: number }[]
  readonly learnt: readonly WindowView[]
  /** Milliseconds since the epoch; `null` where calls may go. */
  readonly pausedUntil: number | null
  readonly waiting: number
  readonly postponed: number
  /** When those that wait and those that were postponed will have had their turn at this rate, in milliseconds since the epoch; `null` where there are none. */
  readonly doneAt: number | null
}

interface Declared {
  readonly tenant: string | null
  readonly connector: string
  readonly connection: string | null
  readonly limit: string
  readonly size: BucketSize
  readonly budget: Budget & { readonly usage: Usage }
}

/** What one node tells the others of an account. */
interface AccountNews extends Omit<LearntOf, 'learnt'> {
  readonly account: string
  readonly group: string
  readonly news: LearntNews
}

/** While answers tell more and more of an account, the others hear of it so often. */
const tellEveryMs = 2000
const topic = 'limits'

interface LearntOf {
  readonly tenant: string
  readonly connector: string
  readonly connection: string
  readonly learnt: Learnt
}

export interface BudgetsOptions {
  readonly clock: Clock
  /** Default: there are none. */
  readonly others?: Others
  /** Where the budget of a limit is kept; default: all of it in this process. `key` is the same in all processes. `onMore` is to be called when there is more of it than was foreseen. */
  readonly bucketFor?: (key: string, size: BucketSize, onMore: () => void) => Bucket
}

/** The budgets that all connections of a process share, by connector, account and limit. */
export class Budgets {
  readonly #clock: Clock
  readonly #bucketFor: NonNullable<BudgetsOptions['bucketFor']>
  readonly #turns = new Map<string, Turns>()
  readonly #declared = new Map<string, Declared>()
  readonly #learnt = new Map<string, LearntOf>()
  readonly #lanes = new Map<string, Lane>()

  readonly #others: Others
  /** By account and group: when the others were told last. */
  readonly #toldAt = new Map<string, number>()

  constructor({ clock, others = nobody, bucketFor = (_key, size) => new WindowBucket(size) }: BudgetsOptions) {
    this.#clock = clock
    this.#bucketFor = bucketFor
    this.#others = others
    others.hear(topic, (news, from) => this.#heard(news as AccountNews, from))
  }

  /** The budgets of a connection. */
  open(options: AccountOptions): Account {
    const { tenant, connector, connection, credentials, limits } = options
    const declared = (limits.declared ?? []).filter((limit) => holdsFor(limit, credentials))
    const key = `${connector}\n${accountOf(options)}`
    const learntOf = found(this.#learnt, key, () => ({ tenant, connector, connection, learnt: new Learnt() }))
    const { learnt } = learntOf
    // Where all accounts share a limit, all of them wait for one turn.
    const turnsKey = declared.some(({ scope }) => scope === 'app') ? connector : key
    const turns = found(this.#turns, turnsKey, () => new Turns(this.#clock))
    return new Account({
      clock: this.#clock,
      turns,
      learnt,
      limits: declared.map((limit) => this.#counted(limit, options, () => turns.look())),
      read: readerOf(limits.learn),
      onLearnt: (group, bucket, isRefusal) => this.#tell(key, learntOf, { group, bucket, isRefusal }),
      laneOf: (group, budgets) => {
        const laneKey = `${key}\n\n${tenant}\n${group}`
        const known = this.#lanes.get(laneKey)
        if (known !== undefined && sameMembers(known.budgets, budgets)) return known
        const lane = { tenant, budgets }
        this.#lanes.set(laneKey, lane)
        return lane
      },
    })
  }

  /** A refusal at once; what is left now and then. */
  #tell(
    account: string,
    { tenant, connector, connection }: LearntOf,
    {
      group,
      bucket,
      isRefusal,
    }: { readonly group: string; readonly bucket: LearntBucket; readonly isRefusal: boolean },
  ): void {
    const now = this.#clock.now()
    const about = `${account}\n\n${group}`
    if (!isRefusal && now - (this.#toldAt.get(about) ?? -Infinity) < tellEveryMs) return
    this.#toldAt.set(about, now)
    const news: AccountNews = { account, tenant, connector, connection, group, news: bucket.tells(now) }
    this.#others.tell(topic, news, about)
  }

  #heard({ account, group, news, tenant, connector, connection }: AccountNews, from: string): void {
    const { learnt } = found(this.#learnt, account, () => ({ tenant, connector, connection, learnt: new Learnt() }))
    learnt.heard(group, news, from, this.#clock.now())
    for (const key of [account, connector]) this.#turns.get(key)?.look()
  }

  #counted(limit: LimitOptions, options: AccountOptions, onMore: () => void): CountedLimit {
    const { tenant, connector, connection } = options
    const isOfApp = limit.scope === 'app'
    const size = { requests: limit.requests, perMs: durationMs(limit.per, 'per'), burst: burstOf(limit) }
    const key = `${connector}\n${isOfApp ? '' : accountOf(options)}\n${limit.name}`
    const known = this.#declared.get(key)
    // A changed limit begins anew.
    const declared =
      known !== undefined && sameSize(known.size, size)
        ? known
        : {
            tenant: isOfApp ? null : tenant,
            connector,
            connection: isOfApp ? null : connection,
            limit: limit.name,
            size,
            budget: {
              bucket: this.#bucketFor(contentHash(key), size, onMore),
              usage: new Usage(size.perMs),
              waiting: 0,
              postponed: 0,
            },
          }
    this.#declared.set(key, declared)
    const { operations, methods, costs } = limit
    return {
      name: limit.name,
      budget: declared.budget,
      costOf(operation, method) {
        if (operations?.includes(operation) === false) return null
        if (methods !== undefined && !methods.some((one) => one === method)) return null
        return costs !== undefined && Object.hasOwn(costs, operation) ? (costs[operation] ?? 1) : 1
      },
    }
  }

  /** How the budgets of a tenant stand, those of the app among them; with `null` those of all tenants. */
  view(tenant: string | null): readonly BudgetView[] {
    const now = this.#clock.now()
    const isSeen = (owner: string | null): boolean => tenant === null || owner === null || owner === tenant
    return [
      ...[...this.#declared.values()].filter((one) => isSeen(one.tenant)).map((one) => declaredView(one, now)),
      ...[...this.#learnt.values()].filter((one) => isSeen(one.tenant)).flatMap((one) => learntView(one, now)),
    ].toSorted((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1))
  }
}

const sortKey = ({ connector, connection, limit }: BudgetView): string =>
  `${connector}\n${connection ?? ''}\n${limit ?? '\uffff'}`

function declaredView({ connector, connection, limit, size, budget }: Declared, now: number): BudgetView {
  const { requests, perMs } = size
  const { usage } = budget
  const flows = usage.view(now)
  return {
    connector,
    connection,
    limit,
    requests,
    perMs,
    used: flows.reduce((sum, { used }) => sum + used, 0),
    windowMs: usage.windowMs,
    allowed: (requests * usage.windowMs) / perMs,
    flows,
    learnt: [],
    pausedUntil: null,
    ...backlogOf(budget, now),
  }
}

function learntView({ connector, connection, learnt }: LearntOf, now: number): readonly BudgetView[] {
  return learnt.all.flatMap((budget) => {
    const { bucket } = budget
    const windows = bucket.view(now)
    const pausedUntil = bucket.pausedUntil > now ? bucket.pausedUntil : null
    if (windows.length === 0 && pausedUntil === null) return []
    const unknown = { requests: null, perMs: null, used: null, windowMs: null, allowed: null, flows: [] }
    return [{ connector, connection, limit: null, ...unknown, learnt: windows, pausedUntil, ...backlogOf(budget, now) }]
  })
}

function backlogOf({ bucket, waiting, postponed }: Budget, now: number) {
  const backlog = waiting + postponed
  const doneAt =
    backlog === 0 || bucket.perMs === 0 ? null : Math.ceil(now + bucket.wait(1, now) + (backlog - 1) / bucket.perMs)
  return { waiting, postponed, doneAt }
}

/** Who is counted. A credential that names an account may be a secret: its hash names it as well. */
function accountOf({ tenant, connection, credentials, limits: { account } }: AccountOptions): string {
  const named = account === undefined ? undefined : credentials[account]
  return named === undefined ? `${tenant}/${connection}` : contentHash(named.reveal())
}

function holdsFor({ when }: LimitOptions, credentials: AccountOptions['credentials']): boolean {
  if (when === undefined) return true
  const value = credentials[when.field]?.reveal() ?? ''
  return when.startsWith.some((start) => value.startsWith(start))
}

function found<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

function sameMembers(one: readonly Budget[], other: readonly Budget[]): boolean {
  return one.length === other.length && one.every((budget, index) => budget === other[index])
}

function sameSize(one: BucketSize, other: BucketSize): boolean {
  return one.requests === other.requests && one.perMs === other.perMs && one.burst === other.burst
}
