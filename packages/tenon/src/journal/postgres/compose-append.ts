import type { Append, AppendReceipt, NewWait, ReachedRun, StateChange } from '../journal.ts'
import { pack } from '../pack.ts'
import { storable } from './arrays.ts'
import { storableOrNull, type Call } from './call.ts'
import {
  addStart,
  addValues,
  reachedRun,
  startedRuns,
  storableFields,
  type Finish,
  type Setting,
} from './compose-start.ts'
import type { LiveRun } from './live.ts'
import { bucketOf, digestOf } from './place.ts'
import { statusCode } from './schema.ts'
import { isPlainAppend } from './wave.ts'

const plainReceipt: AppendReceipt = { outcome: 'written', readied: [], reached: [] }

export function addAppend(
  setting: Setting,
  call: Call,
  { append, now }: { readonly append: Append; readonly now: number },
  ordinal: number,
): Finish {
  const live = setting.live.get(append)
  if (live === null) throw new Error(`run ${append.run} was not looked up`)
  const { tenant, run, epoch, after, entries, starts = [], state } = append
  const lease = call.lease(live.partition, epoch)
  const at = entries.at(-1)?.at ?? now
  const seq = after + entries.length
  if (entries.length > 0) call.entries.add(live.number, lease, after, seq, at, storable(pack(entries)))
  const children = starts.map((start, index) =>
    addStart(setting, call, { tenant, at }, { start, ordinal: ordinal + index, lease }),
  )
  const isPlain = isPlainAppend(append, live)
  const o = isPlain ? 0 : addRestOfAppend(setting, call, append, { live, lease, at, seq })
  const owners = children.map(({ row }) => ({ s: row }))
  addValues(call, append.values, [
    { r: live.number, l: lease },
    ...owners,
    ...(state?.toParent === undefined ? [] : [{ pa: o }]),
  ])
  if (isPlain && state !== undefined) call.completed.push([live.number, lease, live.partition, live.flowId, at])
  return (answer) => {
    const fence = answer.f?.[lease]
    if (fence !== undefined) {
      setting.live.forget(append)
      return { outcome: 'fenced', epoch: fence }
    }
    settle(setting, append, live, seq)
    if (isPlain) return plainReceipt
    const came = answer.r?.a?.[o]
    const readied: ReachedRun[] = startedRuns(setting, tenant, children, answer)
      .filter(({ status }) => status === 'ready')
      .map(({ run: child, elsewhere }) => ({ tenant, run: child, ...(elsewhere === true && { elsewhere }) }))
    // The line is in one partition: what was behind is ours as well.
    if (typeof came?.next === 'string') readied.push({ tenant, run: came.next })
    const reached: ReachedRun[] = came?.self === true ? [{ tenant, run }] : []
    const [status, partition] = came?.parent ?? [statusCode.completed, 0]
    if (live.parent !== null && status < statusCode.completed)
      reached.push(reachedRun(setting, { tenant, run: live.parent }, partition))
    return { outcome: 'written', readied, reached }
  }
}

function settle({ live: runs }: Setting, append: Append, live: LiveRun, seq: number): void {
  live.lastSeq = seq
  live.isPlain = isPlainAppend(append, live)
  const status = append.state?.status
  if (status !== undefined && statusCode[status] >= statusCode.completed) runs.forget(append)
}

function addRestOfAppend(
  setting: Setting,
  call: Call,
  append: Append,
  of: { readonly live: LiveRun; readonly lease: number; readonly at: number; readonly seq: number },
): number {
  const { live, lease, at, seq } = of
  const { entries, consumed, waits, endedWaits, state, recovery } = append
  const o = call.rest.appends.length + 1
  call.rest.runs.add(live.number)
  // What is undefined is not sent.
  call.rest.appends.push({
    o,
    run: live.number,
    l: lease,
    t: setting.names.tenant(append.tenant),
    at,
    n: entries.length,
    seq,
    rec: recovery,
    c: filled(consumed),
    x: filled(endedWaits)?.map(storable),
    w: filled(waits)?.map((wait) => waitOf(call, append.tenant, wait)),
    ...(state !== undefined && stateOf(setting, call, { tenant: append.tenant, live }, state)),
  })
  return o
}

function filled<One>(list: readonly One[] | undefined): readonly One[] | undefined {
  return list?.length === 0 ? undefined : list
}

function waitOf(call: Call, tenant: string, { step, type, match, since }: NewWait): object {
  const fields = storableFields(match)
  // An event locks each of its fields: one in common is enough.
  const [name = ''] = Object.keys(fields).sort()
  call.locks.add(bucketOf('field', tenant, type, name, fields[name] ?? ''))
  return { s: storable(step), y: type, m: fields, since }
}

function stateOf(
  { names }: Setting,
  call: Call,
  { tenant, live }: { readonly tenant: string; readonly live: LiveRun },
  state: StateChange,
): object {
  const { status, wakeAt, code, leaveLine, toParent } = state
  const isLeaving = leaveLine && live.key !== null
  if (isLeaving && live.key !== null) {
    const line = digestOf(tenant, live.flow, live.key)
    call.locks.add(bucketOf('line', line))
    call.rest.leaves.add(line)
  }
  const told = live.parent === null ? undefined : toParent
  if (told !== undefined && live.parent !== null) {
    call.rest.told = true
    call.rest.reached.push({ t: names.tenant(tenant), r: live.parent })
  }
  return {
    st_s: statusCode[status],
    st_w: wakeAt,
    st_c: storableOrNull(code),
    leave: isLeaving,
    p: told === undefined ? undefined : storable(told),
  }
}
