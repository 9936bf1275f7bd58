import { TenonError } from '../base/errors.ts'
import { decode, encode } from '../base/json.ts'
import { validate } from '../base/schema.ts'
import type { FlowEvent } from '../definition/event.ts'
import type { FlowPlan } from './plan.ts'

/** The text under which an event is stored; its time is a number there, which keeps the common event plain JSON. */
export function encodeEvent(event: {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly timeMs: number
  readonly data: unknown
  readonly connection?: string
}): string {
  const { id, type, source, timeMs, connection } = event
  const head = JSON.stringify(
    connection === undefined ? { id, type, source, time: timeMs } : { id, type, source, time: timeMs, connection },
  )
  return `${head.slice(0, -1)},"data":${encode(event.data, 'data of the event')}}`
}

export interface StoredEvent extends FlowEvent {
  /** The connection it came by. */
  readonly connection: string | null
}

export function decodeEvent(body: string): StoredEvent {
  const stored = decode(body) as {
    id: string
    type: string
    source: string
    time: number
    data: unknown
    connection?: string
  }
  return {
    id: stored.id,
    type: stored.type,
    source: stored.source,
    time: new Date(stored.time),
    data: stored.data,
    connection: stored.connection ?? null,
  }
}

export function encodeManualEvent(run: string, source: string, timeMs: number, data: unknown): string {
  return encodeEvent({ id: run, type: 'manual', source, timeMs, data })
}

/** The input of a flow that is started by hand or by another flow, checked against its trigger. */
export function checkInput(plan: FlowPlan, input: unknown): unknown {
  const { trigger } = plan.flow.options as {
    trigger: {
      kind: string
      input?: unknown
      type?: string
      connector?: { options: { events?: Record<string, { data: unknown }> } }
    }
  }
  const what = `input of flow ${plan.name}`
  if (trigger.kind === 'manual-trigger')
    return trigger.input === null ? input : validate(trigger.input as Parameters<typeof validate>[0], input, what)
  if (trigger.kind === 'event-trigger') {
    const declared = trigger.connector?.options.events?.[trigger.type ?? '']
    if (declared !== undefined) return validate(declared.data as Parameters<typeof validate>[0], input, what)
  }
  if (trigger.kind === 'schedule-trigger') return input ?? {}
  throw new TenonError('APP_INVALID', `flow ${plan.name} has no trigger that can be checked`)
}
