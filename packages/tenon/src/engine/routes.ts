import { TenonError, messageOf } from '../base/errors.ts'
import type { EventTrigger, Trigger } from '../definition/trigger.ts'
import type { EventMessage, Start } from '../journal/journal.ts'
import type { Services } from './command.ts'
import type { AcceptedEvent } from './engine.ts'
import { outOfLine } from './entries.ts'
import { encodeEvent } from './messages.ts'
import type { AppPlan, FlowPlan } from './plan.ts'

/** How long an event that some flow waits for can be found by a wait that comes later. */
const keepMs = 30 * 86_400_000

interface Route {
  readonly flows: readonly FlowPlan[]
  /** Reads the fields that waits may match on; `null` where no flow waits for the type. */
  readonly fields: ((data: unknown) => Record<string, string>) | null
}

/** Which flows an event starts, and by what waiting runs are found. */
export class Routes {
  readonly #byType = new Map<string, Route>()
  readonly #newRunId: Services['newRunId']

  constructor(plan: AppPlan, newRunId: Services['newRunId']) {
    this.#newRunId = newRunId
    const newest = plan.flows.filter((flow) => plan.find(flow.name) === flow)
    const waits = plan.flows.flatMap((flow) =>
      Object.values((flow.flow.options.waits ?? {}) as Record<string, EventTrigger | { kind: 'signal' }>),
    )
    const waited = new Map(
      waits
        .filter((wait) => wait.kind === 'event-trigger')
        .map((wait) => [`${wait.connector.name}/${wait.type}`, wait]),
    )
    for (const type of new Set([...newest.map(typeOf), ...waited.keys()])) {
      const wait = waited.get(type)
      this.#byType.set(type, {
        flows: newest.filter((flow) => typeOf(flow) === type),
        fields: wait === undefined ? null : fieldsOf(wait),
      })
    }
  }

  /** What is written when the event comes, and the event's text, however large. Throws `INPUT_INVALID` when a flow's key cannot be read from it. */
  messageOf(event: AcceptedEvent, now: number): { readonly message: EventMessage; readonly text: string } {
    const route = this.#byType.get(event.type)
    const text = encodeEvent(event)
    const { body, values } = outOfLine(text)
    const message: EventMessage = {
      kind: 'event',
      tenant: event.tenant,
      at: now,
      key: `${event.trigger}/${event.id}`,
      type: event.type,
      body,
      starts: (route?.flows ?? []).map((flow) => startOf(this.#newRunId(event.tenant, flow, now), flow, event)),
      fields: route?.fields?.(event.data) ?? null,
      keepUntil: route === undefined || route.fields === null ? 0 : now + keepMs,
      dedupeUntil: now + event.dedupeMs,
    }
    if (values.length === 0 && event.cursor === undefined) return { message, text }
    const rare = { ...(values.length > 0 && { values }), ...(event.cursor !== undefined && { cursor: event.cursor }) }
    return { message: { ...message, ...rare }, text }
  }
}

function typeOf(flow: FlowPlan): string {
  const trigger = flow.flow.options.trigger as Trigger
  if (trigger.kind === 'event-trigger') return `${trigger.connector.name}/${trigger.type}`
  return trigger.kind === 'schedule-trigger' ? `schedule/${flow.name}` : `manual/${flow.name}`
}

function startOf(run: string, flow: FlowPlan, event: AcceptedEvent): Start {
  return { run, flow: flow.name, version: flow.version, key: keyOf(flow, event), input: null }
}

/** The key of a run that this event starts, `null` for a flow without keys. */
export function keyOf(
  flow: FlowPlan,
  event: Pick<AcceptedEvent, 'id' | 'type' | 'source' | 'timeMs' | 'data'>,
): string | null {
  const read = flow.flow.options.key
  if (read === undefined) return null
  let key: unknown
  try {
    key = read({ id: event.id, type: event.type, source: event.source, time: new Date(event.timeMs), data: event.data })
  } catch (error) {
    throw new TenonError(
      'INPUT_INVALID',
      `the key of flow ${flow.name} cannot be read from event ${event.id}: ${messageOf(error)}`,
      { cause: error },
    )
  }
  if ((typeof key === 'string' && key !== '') || typeof key === 'number') return String(key)
  throw new TenonError(
    'INPUT_INVALID',
    `the key of flow ${flow.name} is ${key === '' ? 'empty' : `of kind ${typeof key}`} for event ${event.id}; expected text or a number`,
  )
}

function fieldsOf(wait: EventTrigger): (data: unknown) => Record<string, string> {
  const correlate = wait.connector.options.events?.[wait.type]?.correlate ?? {}
  const readers = Object.entries(correlate)
  return (data) => {
    const fields: Record<string, string> = {}
    for (const [name, read] of readers) {
      const value = read(data as never)
      if (value !== undefined && value !== null) fields[name] = String(value)
    }
    return fields
  }
}
