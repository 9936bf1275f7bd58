import type { NodeFigures } from '../cluster.ts'
import type { Placed } from '../ownership.ts'
import { decideShare, type PermitClaim, type PermitShare, type PermitWish } from '../permits.ts'
import type { MemoryState } from './state.ts'

/** Who owns which runs in a cluster. Times are the cluster's; a member's lease covers all that it owns. */
export interface Leases {
  readonly partitions: Partition[]
  /** In the order of joining. */
  readonly members: Map<string, Lease>
  /** By flow, then by member. */
  readonly permits: Map<string, Map<string, PermitClaim>>
  lastClaim: number
}

export interface Lease {
  readonly joinedAt: number
  readonly seenAt: number
  readonly until: number
  /** It gives its work to the others. */
  readonly isLeaving: boolean
  readonly figures: NodeFigures
}

export type Sign = Omit<Lease, 'joinedAt'>

export interface Partition {
  owner: string | null
  epoch: number
  orphanedBefore: number
}

export function emptyLeases(partitions: number): Leases {
  return {
    partitions: Array.from({ length: partitions }, () => ({ owner: null, epoch: 0, orphanedBefore: 0 })),
    members: new Map(),
    permits: new Map(),
    lastClaim: 0,
  }
}

/** All runs of a line belong to one partition. */
export function numberOf(leases: Leases, { tenant, run, flow, key }: Placed): number {
  const text = key === null ? `${tenant}\n${run}` : `${tenant}\n${flow}\n${key}`
  let hash = 7
  for (let index = 0; index < text.length; index += 1) hash = (hash * 31 + text.charCodeAt(index)) >>> 0
  return hash % leases.partitions.length
}

export function partitionOf(leases: Leases, run: Placed): Partition {
  return leases.partitions[numberOf(leases, run)] as Partition
}

/** Renews a member's lease; false for one whose lease has run out: it must join anew, under another name. */
export function renew(leases: Leases, member: string, sign: Sign): boolean {
  dropDead(leases, sign.seenAt)
  const lease = leases.members.get(member)
  if (lease !== undefined) leases.members.set(member, { ...lease, ...sign })
  return lease !== undefined
}

export function join(leases: Leases, member: string, sign: Sign): void {
  dropDead(leases, sign.seenAt)
  leases.members.set(member, { ...sign, joinedAt: sign.seenAt })
}

/** Takes what is free, up to a fair share, all under one epoch; the numbers taken. */
export function takeFree(state: MemoryState, leases: Leases, member: string): number[] {
  const room = fairShare(leases, member) - numbersOf(leases, member).length
  const taken = numbersOf(leases, null).slice(0, Math.max(0, room))
  if (taken.length === 0) return taken
  state.epoch += 1
  for (const number of taken) change(leases, number, { owner: member, epoch: state.epoch })
  return taken
}

function change(leases: Leases, number: number, to: Partial<Partition>): void {
  const partition = leases.partitions[number]
  if (partition !== undefined) Object.assign(partition, to)
}

/** How many it should own: as many as each that stays, and one more for those who came first where that leaves some. */
export function fairShare({ members, partitions }: Leases, member: string): number {
  const staying = [...members].flatMap(([name, { isLeaving }]) => (isLeaving ? [] : [name]))
  const place = staying.indexOf(member)
  if (place < 0) return 0
  return Math.floor(partitions.length / staying.length) + (place < partitions.length % staying.length ? 1 : 0)
}

export function numbersOf({ partitions }: Leases, owner: string | null): number[] {
  return partitions.flatMap((partition, number) => (partition.owner === owner ? [number] : []))
}

/** Gives them up in good order. */
export function giveAway(leases: Leases, member: string, numbers: readonly number[]): void {
  for (const number of numbers) if (leases.partitions[number]?.owner === member) change(leases, number, { owner: null })
}

export function leave(leases: Leases, member: string): void {
  giveAway(leases, member, numbersOf(leases, member))
  forget(leases, member)
}

function dropDead(leases: Leases, now: number): void {
  for (const [member, { until }] of leases.members) {
    if (until > now) continue
    for (const number of numbersOf(leases, member)) change(leases, number, { owner: null, orphanedBefore: now })
    forget(leases, member)
  }
}

function forget(leases: Leases, member: string): void {
  leases.members.delete(member)
  for (const claims of leases.permits.values()) claims.delete(member)
}

export function claim(leases: Leases, member: string, wishes: readonly PermitWish[], now: number): PermitShare[] {
  dropDead(leases, now)
  return wishes.map((wish) => (leases.members.has(member) ? claimOne(leases, member, wish) : { held: 0, fair: 0 }))
}

function claimOne(leases: Leases, member: string, wish: PermitWish): PermitShare {
  const claims = leases.permits.get(wish.flow) ?? new Map<string, PermitClaim>()
  leases.permits.set(wish.flow, claims)
  const { share, isServed, isOver } = decideShare(wish, member, [...claims.values()])
  leases.lastClaim += 1
  const servedAt = isServed ? leases.lastClaim : (claims.get(member)?.servedAt ?? 0)
  if (isOver) claims.delete(member)
  else claims.set(member, { member, held: share.held, wanted: wish.wanted, servedAt })
  return share
}
