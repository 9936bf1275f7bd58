import type {
  Append,
  CursorMessage,
  EventMessage,
  Message,
  NewWait,
  RunMessage,
  RunStatus,
  Start,
  StartMessage,
  StoredValue,
} from '../journal.ts'
import { pack } from '../pack.ts'

/** Writes on their way to the writer: one flat array for a whole batch, which is the cheapest thing to send to a thread. Rare parts travel as objects. */
export type Flat = unknown[]

export type Write = { readonly message: Message } | { readonly append: Append; readonly now: number }

export type WireWrite = WireAppend | WireEvent | StartMessage | RunMessage | CursorMessage

export interface WireAppend {
  readonly kind: 'append'
  readonly tenant: string
  readonly run: string
  readonly epoch: number
  readonly after: number
  readonly count: number
  readonly at: number
  readonly packed: string
  readonly state: WireState | null
  readonly rest: AppendRest | null
}

export interface WireState {
  readonly status: RunStatus
  readonly wakeAt: number | null
  readonly code: string | null
  readonly leaveLine: boolean
}

export interface AppendRest {
  readonly consumed: readonly number[]
  readonly values: readonly StoredValue[]
  readonly waits: readonly NewWait[]
  readonly endedWaits: readonly string[]
  readonly starts: readonly Start[]
  readonly recovery: boolean
  readonly toParent: string | null
}

export interface WireEvent extends Omit<EventMessage, 'starts' | 'fields' | 'cursor' | 'values'> {
  readonly starts: readonly Start[]
  readonly rest: EventRest | null
}

export interface EventRest {
  readonly fields: Readonly<Record<string, string>> | null
  readonly cursor: { readonly name: string; readonly value: string } | null
  readonly values: readonly StoredValue[]
}

const appendTag = 0
const eventTag = 1
const otherTag = 2

// In place of a tenant that is that of the write before: nearly all of a batch have one, and each text costs.
const sameTenant = 0

export function flatten(writes: readonly Write[]): Flat {
  const flat: Flat = []
  let tenant = ''
  for (const write of writes) {
    const own = 'append' in write ? write.append.tenant : write.message.tenant
    const told = own === tenant ? sameTenant : own
    if ('append' in write) flattenAppend(flat, told, write.append, write.now)
    else if (write.message.kind === 'event') flattenEvent(flat, told, write.message)
    else flat.push(otherTag, write.message)
    tenant = own
  }
  return flat
}

function flattenAppend(flat: Flat, tenant: string | 0, append: Append, now: number): void {
  const { run, epoch, after, entries, state } = append
  flat.push(appendTag, tenant, run, epoch, after, entries.length, entries.at(-1)?.at ?? now, pack(entries))
  if (state === undefined) flat.push(null)
  else flat.push(state.status, state.wakeAt, state.code, state.leaveLine)
  flat.push(appendRest(append))
}

function appendRest({ consumed, values, waits, endedWaits, starts, recovery, state }: Append): AppendRest | null {
  const toParent = state?.toParent
  if ((consumed ?? values ?? waits ?? endedWaits ?? starts ?? recovery ?? toParent) === undefined) return null
  return {
    consumed: consumed ?? [],
    values: values ?? [],
    waits: waits ?? [],
    endedWaits: endedWaits ?? [],
    starts: starts ?? [],
    recovery: recovery === true,
    toParent: toParent ?? null,
  }
}

function flattenEvent(flat: Flat, tenant: string | 0, event: EventMessage): void {
  const { at, key, type, body, keepUntil, dedupeUntil, starts, fields, cursor, values } = event
  flat.push(eventTag, tenant, at, key, type, body, keepUntil, dedupeUntil, starts.length)
  for (const { run, flow, version, key: line, input, parent, linked } of starts)
    flat.push(run, flow, version, line, input, parent, linked)
  flat.push(
    fields === null && cursor === undefined && values === undefined
      ? null
      : { fields, cursor: cursor ?? null, values: values ?? [] },
  )
}

export function unflatten(flat: Flat): WireWrite[] {
  const writes: WireWrite[] = []
  let position = 0
  let tenant = ''
  // The order of reading is the order of writing above.
  const next = <T>(): T => flat[position++] as T
  while (position < flat.length) {
    const tag = next<number>()
    if (tag === otherTag) {
      const message = next<StartMessage | RunMessage | CursorMessage>()
      tenant = message.tenant
      writes.push(message)
      continue
    }
    const told = next<string | 0>()
    if (told !== sameTenant) tenant = told
    writes.push(tag === appendTag ? unflattenAppend(tenant, next) : unflattenEvent(tenant, next))
  }
  return writes
}

type Next = <T>() => T

function unflattenAppend(tenant: string, next: Next): WireAppend {
  return {
    kind: 'append',
    tenant,
    run: next(),
    epoch: next(),
    after: next(),
    count: next(),
    at: next(),
    packed: next(),
    state: unflattenState(next),
    rest: next(),
  }
}

function unflattenState(next: Next): WireState | null {
  const status = next<RunStatus | null>()
  return status === null ? null : { status, wakeAt: next(), code: next(), leaveLine: next() }
}

function unflattenEvent(tenant: string, next: Next): WireEvent {
  const head = {
    kind: 'event',
    tenant,
    at: next<number>(),
    key: next<string>(),
    type: next<string>(),
    body: next<string>(),
  } as const
  const until = { keepUntil: next<number>(), dedupeUntil: next<number>() }
  const starts: Start[] = []
  for (let count = next<number>(); count > 0; count -= 1) {
    starts.push({
      run: next(),
      flow: next(),
      version: next(),
      key: next(),
      input: next(),
      parent: next(),
      linked: next(),
    })
  }
  return { ...head, ...until, starts, rest: next() }
}
