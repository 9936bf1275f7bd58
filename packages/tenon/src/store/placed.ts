import { sleep, systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { isElsewhere } from '../postgres/fence.ts'
import type { Placement } from '../postgres/placement.ts'
import { checkAudit, checkKey, checkLimit, checkWrite } from './check.ts'
import { ofInstallation } from './placed/installation.ts'
import { Positions, type Vector } from './placed/positions.ts'
import type { DocumentChange, Store, StoredDocument } from './store.ts'

export interface StorePlace {
  /** As the placement names it. */
  readonly name: string
  readonly store: Store
}

export interface PlacedStoreOptions {
  /** All that there are. They are closed with it. The first has what belongs to the whole installation. */
  readonly places: readonly [StorePlace, ...StorePlace[]]
  readonly placement: Placement
  /** By which it waits for tenants that move. */
  readonly clock?: Clock
}

/** What is written for a tenant that moves at the moment waits for so long. */
const heldMs = 5000
const againMs = 100

/**
 * Several stores as one: all documents of a tenant, and its audit log, are in one of them. No write crosses: one that would rejects with `INPUT_INVALID`. Positions are this process's own; what
 * it does not know counts as the beginning, so that a change is rather told twice than never.
 */
export function placedStore({ places, placement, clock = systemClock }: PlacedStoreOptions): Store {
  const { at, settled } = homesIn(places, placement)
  const positions = new Positions(places.length)
  const write = heldWhileMoving(writing({ places, settled, positions }), clock)
  return {
    async get(key) {
      checkKey(key)
      return (await at(key.tenant, key.kind)).get(key)
    },
    list: async (query) => (await at(query.tenant, query.kind)).list(query),
    async listAll(query) {
      checkLimit(query.limit)
      const lists = await Promise.all(places.map(({ store }) => store.listAll(query)))
      // A tenant that is moving is in two of them for a moment.
      const all = new Map(lists.flat().map((one) => [`${one.tenant}\n${one.id}`, one]))
      return [...all.values()].toSorted(byTenantAndId).slice(0, query.limit)
    },
    write,
    changes: async (after, limit) => changesOf(places, positions, after, limit),
    audit: async (query) => (await at(query.tenant)).audit(query),
    verifyAudit: async (tenant) => (await at(tenant)).verifyAudit(tenant),
    auditHead: async (tenant) => (await at(tenant)).auditHead(tenant),
    auditHash: async (tenant, number) => (await at(tenant)).auditHash(tenant, number),
    async eraseTenant(tenant, audit) {
      audit.forEach(checkAudit)
      const home = await settled(tenant)
      const homes = await Promise.all(audit.map((entry) => settled(entry.tenant)))
      const own = audit.filter((_, index) => homes[index] === home)
      await home.store.eraseTenant(tenant, own)
      for (const entry of audit) if (!own.includes(entry)) await write({ changes: [], audit: [entry] })
    },
    transfer: {
      documents: notAtOnce,
      entries: notAtOnce,
      take: notAtOnce,
    },
    async scrub() {
      await Promise.all(places.map(({ store }) => store.scrub()))
    },
    async close() {
      await Promise.all(places.map(({ store }) => store.close()))
    },
  }
}

/** A write for a tenant that is moving waits, though not for long: this node hears within a second where it lives then. */
function heldWhileMoving(write: Store['write'], clock: Clock): Store['write'] {
  return async (asked) => {
    const until = clock.now() + heldMs
    for (;;) {
      try {
        return await write(asked)
      } catch (error) {
        if (!isElsewhere(error) || clock.now() >= until) throw error
        await sleep(clock, againMs)
      }
    }
  }
}

async function notAtOnce(): Promise<never> {
  throw new TenonError('INPUT_INVALID', 'several databases cannot be moved at once. Move each by itself.')
}

interface Homes {
  /** The store of a tenant; also of one that has nothing yet. */
  at(tenant: string, kind?: string): Promise<Store>
  /** Afterwards it stays there. */
  settled(tenant: string, kind?: string): Promise<StorePlace>
}

function homesIn(places: PlacedStoreOptions['places'], placement: Placement): Homes {
  const [first] = places
  const named = (name: string): StorePlace => {
    const place = places.find((one) => one.name === name)
    if (place === undefined)
      throw new TenonError('DATABASE_UNUSABLE', `a tenant lives on ${name}, which this node was not given`)
    return place
  }
  const isFirst = (kind: string | undefined): boolean => kind !== undefined && ofInstallation.has(kind)
  return {
    at: async (tenant, kind) => (isFirst(kind) ? first : named(await placement.find(tenant))).store,
    settled: async (tenant, kind) => (isFirst(kind) ? first : named(await placement.settle(tenant))),
  }
}

interface Writing extends Pick<Homes, 'settled'> {
  readonly places: PlacedStoreOptions['places']
  readonly positions: Positions
}

function writing({ places, settled, positions }: Writing): Store['write'] {
  return async (asked) => {
    checkWrite(asked)
    const { changes, audit = [] } = asked
    const homes = await Promise.all([
      ...changes.map(({ tenant, kind }) => settled(tenant, kind)),
      ...audit.map(({ tenant }) => settled(tenant)),
    ])
    const [home = places[0], ...others] = new Set(homes)
    if (others.length > 0)
      throw new TenonError('INPUT_INVALID', 'one write names tenants of several databases. Write each by itself.', {
        details: { field: 'tenant' },
      })
    const receipt = await home.store.write(asked)
    if (receipt.outcome === 'conflict') return receipt
    return { ...receipt, position: positions.written(places.indexOf(home), receipt.position) }
  }
}

/** Of those that are away nothing is told: it comes when they are back. Rejects where none can be reached. */
async function changesOf(
  places: readonly StorePlace[],
  positions: Positions,
  after: number,
  limit: number,
): Promise<readonly DocumentChange[]> {
  checkLimit(limit)
  const from = positions.find(after)
  const answers = await Promise.allSettled(places.map(({ store }, index) => store.changes(from[index] ?? 0, limit)))
  const [failed] = answers
  if (failed?.status === 'rejected' && answers.every(({ status }) => status === 'rejected')) throw failed.reason
  const changes: DocumentChange[] = []
  let vector: Vector = from
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'rejected') continue
    for (const change of answer.value.slice(0, limit - changes.length)) {
      vector = vector.with(index, change.position)
      changes.push({ ...change, position: positions.told(vector) })
    }
  }
  return changes
}

/** By bytes, as each of the stores. */
function byTenantAndId(one: StoredDocument, other: StoredDocument): number {
  return compare(one.tenant, other.tenant) || compare(one.id, other.id)
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
