import type { JsonSchema } from '../../../schema/schema.ts'
import type { DescribedEvent } from '../../description.ts'
import { chosen } from './bodies.ts'
import { memberName } from './names.ts'
import type { Reading } from './reading.ts'
import { child, children, followed, isFields, placeOf, said, type Node } from './references.ts'

const methods = ['post', 'put', 'patch', 'get', 'delete']

/** The events of `webhooks` (OAS 3.1 §4.8.1), those that are wanted. */
export function webhookEvents(reading: Reading): DescribedEvent[] {
  const all = [...children(child(reading.root, 'webhooks')), ...children(child(reading.root, 'x-webhooks'))]
  return all.flatMap(([type, given]) => eventsAt(reading, type, given, true))
}

/** The events of an operation's `callbacks` (OAS 3.1 §4.8.18). */
export function callbackEvents(reading: Reading, operation: Node): DescribedEvent[] {
  return children(child(operation, 'callbacks')).flatMap(([type, given]) => {
    const callback = followed(given)
    if (typeof callback === 'string') return []
    const places = children(callback).filter(([expression]) => !expression.startsWith('x-'))
    return places.flatMap(([, path]) => eventsAt(reading, type, path, false))
  })
}

function eventsAt(reading: Reading, type: string, given: Node, isAsked: boolean): DescribedEvent[] {
  const path = followed(given)
  if (typeof path === 'string' || !isFields(path.value)) {
    reading.notes.add(given, 'describes no event: left out')
    return []
  }
  return methods.flatMap((method) => {
    const node = child(path, method)
    if (!isFields(node.value)) return []
    const { operationId, summary, description, tags } = node.value
    const sourceName = typeof operationId === 'string' ? operationId : type
    const named = { name: memberName(type), sourceName, tags: Array.isArray(tags) ? tags.map(said) : [] }
    if (isAsked && !reading.only(named) && !reading.only({ ...named, sourceName: type })) return []
    const text = [description, summary].find((one) => typeof one === 'string' && one !== '')
    const about = text === undefined ? {} : { description: text as string }
    return [{ type, ...about, data: dataOf(reading, node), place: placeOf(node, reading.first) }]
  })
}

function dataOf(reading: Reading, operation: Node): JsonSchema {
  const body = followed(child(operation, 'requestBody'))
  const choice = typeof body === 'string' ? null : chosen(child(body, 'content'))
  const schema = choice === null ? undefined : child(choice[1], 'schema')
  return schema?.value === undefined ? true : reading.schemas.read(schema, 'output')
}

/** Each kind once; the second of a name, by another body, is told from the first by a number. */
export function distinct(events: readonly DescribedEvent[]): readonly DescribedEvent[] {
  const found = new Map<string, DescribedEvent>()
  for (const event of events) {
    let type = event.type
    for (let number = 2; found.has(type) && !isSame(found.get(type) as DescribedEvent, event); number += 1)
      type = `${event.type}.${number}`
    if (!found.has(type)) found.set(type, { ...event, type })
  }
  return [...found.values()]
}

function isSame(left: DescribedEvent, right: DescribedEvent): boolean {
  return JSON.stringify(left.data) === JSON.stringify(right.data)
}
