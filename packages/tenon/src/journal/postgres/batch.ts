import type { EventMessage } from '../journal.ts'
import type { Call, CallAnswer } from './call.ts'
import { runsOf } from './compose.ts'
import type { Finish, Receipt } from './compose-start.ts'
import type { Write } from './wave.ts'

export interface Item {
  readonly write: Write
  readonly index: number
  readonly ordinal: number
}

export interface Batch {
  /** Blocks of numbers that it takes, and where they begin once they are taken. */
  readonly blocks: number
  bases: readonly number[] | null
  readonly answers: Map<number, Receipt | Error>
  /** Runs of which an append was not taken: their later ones in this batch build on it. */
  readonly failed: Set<string>
}

export interface Sent {
  readonly item: Item
  readonly finish: Finish
  readonly row: number
}

export interface Follower {
  readonly item: Item
  readonly event: EventMessage
  readonly leader: Item
}

export interface Choice {
  readonly call: Call
  readonly sent: Sent[]
  /** Events under a key that another of the same call has. */
  readonly followers: Follower[]
  readonly later: Item[]
}

export function settled({ answers }: Batch, { index }: Item, receipt: Receipt | null): boolean {
  if (receipt !== null) answers.set(index, receipt)
  return receipt !== null
}

/** A second delivery of one key in one batch: a duplicate of the first, unless the first's window is over by then. */
export function follow(
  { event, leader }: Follower,
  { answers }: Batch,
  sent: readonly Sent[],
  answer: CallAnswer,
): Receipt | null {
  const receipt = answers.get(leader.index)
  const { message } = leader.write as { message: EventMessage }
  if (receipt !== undefined && 'started' in receipt) {
    const runs = [...receipt.started, ...receipt.reached].map(({ run }) => run)
    return event.at < message.dedupeUntil ? { outcome: 'duplicate', runs } : null
  }
  const known = answer.d?.[sent.find(({ item }) => item === leader)?.row ?? 0]
  return known !== null && known !== undefined && event.at < known.until
    ? { outcome: 'duplicate', runs: runsOf(known.starts, known.reached) }
    : null
}

export function* tenantsOf(writes: readonly Write[]): Iterable<string> {
  for (const write of writes) yield 'append' in write ? write.append.tenant : write.message.tenant
}

export function* flowsOf(writes: readonly Write[]): Iterable<{ tenant: string; flow: string }> {
  for (const write of writes) {
    const { tenant } = 'append' in write ? write.append : write.message
    for (const { flow } of startsOf(write)) yield { tenant, flow }
  }
}

function startsOf(write: Write): readonly { readonly flow: string }[] {
  if ('append' in write) return write.append.starts ?? []
  if (write.message.kind === 'event') return write.message.starts
  return write.message.kind === 'start' ? [write.message.start] : []
}

/** Nothing of the call was done: some of its tenants are closed here. */
export class ClosedTenants extends Error {
  readonly tenants: ReadonlySet<string>

  constructor(tenants: ReadonlySet<string>) {
    super('tenants are closed')
    this.tenants = tenants
  }
}
