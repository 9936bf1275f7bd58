import type { Priority } from '../../definition/policy.ts'

/** One who waits, and whose turn it takes. */
export interface Queued {
  readonly priority: Priority
  readonly tenant: string
  readonly flow: string | null
}

/** Of twenty turns, as many as they are let wait for less important ones. */
const strides: readonly (readonly [Priority, number])[] = [
  ['backfill', 20],
  ['sync', 5],
  ['interactive', 1],
]

/** A ring of rings: tenants take turns, within a tenant its flows do, within a flow the oldest goes first. Who had its turn goes to the end. */
type Rings<Waiter> = Map<string, Map<string | null, Set<Waiter>>>

/** Those who wait by priority: the first one first, but each fifth turn is a sync's and each twentieth a backfill's, so that nobody starves. */
export class FairQueue<Waiter extends Queued> {
  readonly #rings: Readonly<Record<Priority, Rings<Waiter>>> = {
    interactive: new Map(),
    sync: new Map(),
    backfill: new Map(),
  }
  #turns = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  add(waiter: Waiter): void {
    const tenants = this.#rings[waiter.priority]
    let flows = tenants.get(waiter.tenant)
    if (flows === undefined) tenants.set(waiter.tenant, (flows = new Map()))
    const own = flows.get(waiter.flow)
    if (own === undefined) flows.set(waiter.flow, new Set([waiter]))
    else own.add(waiter)
    this.#size += 1
  }

  remove(waiter: Waiter): void {
    const tenants = this.#rings[waiter.priority]
    const flows = tenants.get(waiter.tenant)
    const own = flows?.get(waiter.flow)
    if (flows === undefined || own === undefined || !own.delete(waiter)) return
    this.#size -= 1
    if (own.size === 0) flows.delete(waiter.flow)
    if (flows.size === 0) tenants.delete(waiter.tenant)
  }

  /** Takes out who is next, `null` where nobody waits. */
  next(): Waiter | null {
    if (this.#size === 0) return null
    this.#turns += 1
    for (const [priority, stride] of strides) {
      if (this.#turns % stride !== 0) continue
      const waiter = this.#first(this.#rings[priority])
      if (waiter !== null) return waiter
    }
    for (const [priority] of strides.toReversed()) {
      const waiter = this.#first(this.#rings[priority])
      if (waiter !== null) return waiter
    }
    return null
  }

  #first(tenants: Rings<Waiter>): Waiter | null {
    const [tenant, flows] = firstOf(tenants)
    if (flows === undefined) return null
    const [flow, own] = firstOf(flows)
    const [waiter] = own ?? []
    if (own === undefined || waiter === undefined) return null
    this.remove(waiter)
    if (flows.delete(flow) && own.size > 0) flows.set(flow, own)
    if (tenants.delete(tenant) && flows.size > 0) tenants.set(tenant, flows)
    return waiter
  }
}

function firstOf<Key, Value>(map: ReadonlyMap<Key, Value>): [Key, Value] | [never, undefined] {
  for (const entry of map) return entry
  return [undefined as never, undefined]
}
