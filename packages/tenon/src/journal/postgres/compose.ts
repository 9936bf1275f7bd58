import type { EventMessage, RunMessage } from '../journal.ts'
import { storable } from './arrays.ts'
import { storableOrNull, type Call } from './call.ts'
import { addAppend } from './compose-append.ts'
import {
  addStart,
  addValues,
  reachedRun,
  startedRuns,
  storableFields,
  type Finish,
  type Setting,
} from './compose-start.ts'
import { bucketOf, digestOf } from './place.ts'
import { statusOf } from './schema.ts'
import type { Write } from './wave.ts'

/** Numbers that a write takes. */
export function ordinalsOf(write: Write): number {
  if ('append' in write) return write.append.starts?.length ?? 0
  const { message } = write
  return message.kind === 'event' ? 1 + message.starts.length : message.kind === 'start' ? 1 : 0
}

/** Adds one write to a call. `ordinal` is the first of its numbers. */
export function compose(setting: Setting, call: Call, write: Write, ordinal: number): Finish {
  if ('append' in write) return addAppend(setting, call, write, ordinal)
  const { message } = write
  const tenant = setting.names.tenant(message.tenant)
  switch (message.kind) {
    case 'event':
      return addEvent(setting, call, message, ordinal)
    case 'cursor':
      call.rest.cursors.set(`${tenant}\n${message.name}`, { t: tenant, n: message.name, v: storable(message.value) })
      return () => ({ outcome: 'written', started: [], reached: [] })
    case 'start': {
      const added = addStart(setting, call, message, { start: message.start, ordinal })
      addValues(call, message.values, [{ s: added.row }])
      return (answer) =>
        answer.m?.includes(added.row) === true
          ? { outcome: 'duplicate', runs: [message.start.run] }
          : { outcome: 'written', started: startedRuns(setting, message.tenant, [added], answer), reached: [] }
    }
    default:
      return addMessage(setting, call, message)
  }
}

export function moveCursor(setting: Setting, call: Call, { tenant, cursor }: EventMessage): void {
  if (cursor === undefined) return
  const id = setting.names.tenant(tenant)
  call.rest.cursors.set(`${id}\n${cursor.name}`, { t: id, n: cursor.name, v: storable(cursor.value) })
}

function addEvent(setting: Setting, call: Call, message: EventMessage, ordinal: number): Finish {
  const { tenant, key, type, at, body, starts, keepUntil, dedupeUntil } = message
  const tenantId = setting.names.tenant(tenant)
  const fields = message.fields === null ? null : storableFields(message.fields)
  const row = call.events.add(
    ordinal,
    at,
    dedupeUntil,
    keepUntil,
    tenantId,
    digestOf(tenant, key),
    key,
    type,
    starts.map(({ run }) => run).join(' '),
    fields === null ? null : JSON.stringify(fields),
    storable(body),
  )
  moveCursor(setting, call, message)
  if (fields !== null) {
    call.rest.events.push({ i: row, t: tenantId, y: type, f: fields })
    for (const [name, value] of Object.entries(fields)) call.locks.add(bucketOf('field', tenant, type, name, value))
  }
  const added = starts.map((start, index) =>
    addStart(setting, call, message, { start, ordinal: ordinal + 1 + index, event: row }),
  )
  addValues(call, message.values, [{ e: row }])
  return (answer) => {
    const known = answer.d?.[row]
    if (known === null) return null
    if (known !== undefined)
      return at < known.until ? { outcome: 'duplicate', runs: runsOf(known.starts, known.reached) } : null
    const reached = (answer.r?.w?.[row] ?? []).map(([run, partition]) =>
      reachedRun(setting, { tenant, run }, partition),
    )
    return { outcome: 'written', started: startedRuns(setting, tenant, added, answer), reached }
  }
}

export function runsOf(starts: string, reached: readonly string[] | null): string[] {
  return [...(starts === '' ? [] : starts.split(' ')), ...(reached ?? [])]
}

function addMessage(setting: Setting, call: Call, message: RunMessage): Finish {
  const { tenant, run, id, type, name, body, to, at, values } = message
  const t = setting.names.tenant(tenant)
  const o = call.rest.messages.length + 1
  call.rest.reached.push({ t, r: run })
  call.rest.messages.push({
    o,
    t,
    r: run,
    i: id,
    k: type,
    n: storableOrNull(name),
    b: storable(body),
    f: to === 'failed',
    a: at,
  })
  addValues(call, values, [{ m: o }])
  return (answer) => {
    const [outcome, status, partition] = answer.r?.g?.[o] ?? ['refused', null, null]
    if (outcome === 'duplicate') return { outcome, runs: [run] }
    if (outcome === 'refused') return { outcome, status: status === null ? null : statusOf(status) }
    return { outcome, started: [], reached: [reachedRun(setting, { tenant, run }, partition ?? 0)] }
  }
}
