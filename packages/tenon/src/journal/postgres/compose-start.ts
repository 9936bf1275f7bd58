import type { AppendReceipt, DeliverReceipt, ReachedRun, RunKey, Start, StoredValue } from '../journal.ts'
import { storable } from './arrays.ts'
import { storableOrNull, type Call, type CallAnswer } from './call.ts'
import type { LiveRuns } from './live.ts'
import type { Names } from './names.ts'
import { bucketOf, digestOf, partitionOf } from './place.ts'
import { blockSize } from './schema.ts'

export type Receipt = DeliverReceipt | AppendReceipt

/** What the writer knows while it puts a call together and reads its answer. */
export interface Setting {
  readonly names: Names
  readonly live: LiveRuns
  readonly partitions: number
  /** `null` for a partition of another node. */
  epochOf(partition: number): number | null
}

/** What a write came to; `null` for one that has to be sent again. */
export type Finish = (answer: CallAnswer) => Receipt | null

export interface Added {
  /** Row of the start, from 1. */
  readonly row: number
  readonly ordinal: number
  readonly start: Start
  readonly partition: number
}

export function storableFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [storable(name), storable(value)]))
}

export function addStart(
  { names, partitions }: Setting,
  call: Call,
  { tenant, at }: { readonly tenant: string; readonly at: number },
  from: { readonly start: Start; readonly ordinal: number; readonly event?: number; readonly lease?: number },
): Added {
  const { start, ordinal, event = null, lease = null } = from
  const { run, flow, version, key, input, parent, linked } = start
  const partition = partitionOf({ tenant, run, flow, key }, partitions)
  const row = call.starts.add(
    ordinal,
    event,
    lease,
    names.tenant(tenant),
    names.flow(tenant, flow),
    partition,
    version,
    at,
    run,
    storableOrNull(input),
  )
  const line = key === null ? null : digestOf(tenant, flow, key)
  call.lined.add(line, storableOrNull(key))
  call.related.add(parent?.run, storableOrNull(parent?.step), linked)
  if (line !== null) {
    call.isKeyed = true
    call.locks.add(bucketOf('line', line))
  }
  if (parent !== undefined || linked !== undefined) call.isRelated = true
  return { row, ordinal, start, partition }
}

function numberOf({ b }: CallAnswer, ordinal: number): number {
  return (b[Math.floor(ordinal / blockSize)] ?? 0) + (ordinal % blockSize)
}

/** Those that are new. What is ours is known from now on. */
export function startedRuns(
  { live, names, epochOf }: Setting,
  tenant: string,
  added: readonly Added[],
  answer: CallAnswer,
): { run: string; status: 'ready' | 'queued'; elsewhere?: true }[] {
  return added
    .filter(({ row }) => answer.m?.includes(row) !== true)
    .map(({ start, ordinal, partition }) => {
      const { run, flow, key, parent } = start
      const number = numberOf(answer, ordinal)
      const epoch = epochOf(partition)
      const status = answer.q?.includes(number) === true ? 'queued' : 'ready'
      if (epoch === null) return { run, status, elsewhere: true }
      const isPlain = key === null && parent === undefined
      const flowId = names.flow(tenant, flow)
      live.set(
        { tenant, run },
        { number, flow, flowId, key, parent: parent?.run ?? null, partition, epoch, lastSeq: 0, isPlain },
      )
      return { run, status }
    })
}

export function reachedRun({ live, epochOf }: Setting, key: RunKey, partition: number): ReachedRun {
  live.disturb(key)
  return epochOf(partition) === null ? { ...key, elsewhere: true } : key
}

export function addValues(call: Call, values: readonly StoredValue[] | undefined, owners: readonly object[]): void {
  for (const { hash, body } of values ?? [])
    for (const owner of owners) call.rest.values.push({ h: hash, b: storable(body), ...owner })
}
