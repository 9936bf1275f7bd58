import type { Append, Message, RunKey, Start } from '../journal.ts'
import type { LiveRun } from './live.ts'
import { pathOf } from './place.ts'

export type Write = { readonly message: Message } | { readonly append: Append; readonly now: number }

/**
 * What a write concerns, and how. Statements see what was there when they began, so two writes of one batch that concern the same thing must not depend on each other:
 * the later one goes with the next statement call. Those that may stand together are told apart, or put in order, by the statements themselves.
 */
type Role =
  /** Nobody beside it. */
  | 'own'
  /** A new run: of several under one id the first is it. */
  | 'start'
  /** Something for an inbox, or the position of a cursor. */
  | 'put'
  /** A run that comes into a line, an event that waits may fit. */
  | 'arrive'
  /** A run that leaves a line; it sees who came before. */
  | 'leave'
  /** A run whose waits begin or end; events that came before are seen. */
  | 'begin'

const together: Readonly<Record<Role, readonly Role[]>> = {
  own: [],
  start: ['start'],
  put: ['put'],
  arrive: ['arrive', 'leave', 'begin'],
  leave: [],
  begin: ['begin'],
}

export type Subject = readonly [name: string, role: Role]

/** Collects what may go in one call, in order: a write that has to stay behind holds back all that concern the same. */
export class Wave {
  readonly #held = new Map<string, Role>()
  readonly #blocked = new Set<string>()

  takes(subjects: readonly Subject[]): boolean {
    const fits = subjects.every(([name, role]) => {
      const held = this.#held.get(name)
      return !this.#blocked.has(name) && (held === undefined || together[held].includes(role))
    })
    if (fits) for (const [name, role] of subjects) this.#held.set(name, role)
    else this.block(subjects)
    return fits
  }

  block(subjects: readonly Subject[]): void {
    for (const [name] of subjects) this.#blocked.add(name)
  }
}

const allWaits = 'waits'

export function subjectsOf(write: Write, live: LiveRun | null): Subject[] {
  if ('append' in write) return ofAppend(write.append, live)
  const { message } = write
  const { tenant } = message
  switch (message.kind) {
    case 'event':
      return [
        [eventSubject(tenant, message.key), 'own'],
        ...message.starts.flatMap((start) => ofStart(tenant, start)),
        ...(message.cursor === undefined ? [] : [cursorSubject(tenant, message.cursor.name)]),
        ...(message.fields === null ? [] : ([[allWaits, 'arrive']] as const)),
      ]
    case 'start':
      return ofStart(tenant, message.start)
    case 'cursor':
      return [cursorSubject(tenant, message.name)]
    default:
      return [[runSubject({ tenant, run: message.run }), message.to === 'failed' ? 'own' : 'put']]
  }
}

export function eventSubject(tenant: string, key: string): string {
  return `event\n${pathOf(tenant, key)}`
}

function runSubject({ tenant, run }: RunKey): string {
  return `run\n${pathOf(tenant, run)}`
}

function cursorSubject(tenant: string, name: string): Subject {
  return [`cursor\n${pathOf(tenant, name)}`, 'put']
}

function lineSubject(tenant: string, flow: string, key: string): string {
  return `line\n${tenant}\n${flow}\n${key}`
}

function ofStart(tenant: string, { run, flow, key }: Start): Subject[] {
  const subjects: Subject[] = [[runSubject({ tenant, run }), 'start']]
  if (key !== null) subjects.push([lineSubject(tenant, flow, key), 'arrive'])
  return subjects
}

function ofAppend(append: Append, live: LiveRun | null): Subject[] {
  const { tenant, run, starts = [], state } = append
  const subjects: Subject[] = [
    [runSubject({ tenant, run }), 'own'],
    ...starts.flatMap((start) => ofStart(tenant, start)),
  ]
  if (live === null || isPlainAppend(append, live)) return subjects
  subjects.push([allWaits, 'begin'])
  if (state?.leaveLine === true && live.key !== null) subjects.push([lineSubject(tenant, live.flow, live.key), 'leave'])
  if (state?.toParent !== undefined && live.parent !== null)
    subjects.push([runSubject({ tenant, run: live.parent }), 'put'])
  return subjects
}

/** It adds entries or completes, and nothing can have come to the run meanwhile that this node would not know of. */
export function isPlainAppend(
  { consumed, waits, endedWaits, starts, state, recovery }: Append,
  live: LiveRun,
): boolean {
  return (
    live.isPlain &&
    recovery !== true &&
    (state === undefined || state.status === 'completed') &&
    [consumed, waits, endedWaits, starts].every((list) => list === undefined || list.length === 0)
  )
}
