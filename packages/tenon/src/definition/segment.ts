import { TenonError } from '../base/errors.ts'
import { kindOf } from '../base/schema.ts'

const dotSegment = /(?:^|[\\/])(?:\.|%2e){1,2}(?=[\\/]|$)/i

/** Whether a path would climb, also to a server that decodes `%2F` before it resolves dots. */
export function climbs(path: string): boolean {
  return dotSegment.test(path)
}

/** A value as a part of a path, which stays one: nothing in it can add another, climb up, or reach the query (EGR-03). Throws `INPUT_INVALID`. */
export function pathSegment(value: unknown, name: string): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string' || value === '') throw unusable(name, value === '' ? 'empty' : kindOf(value))
  if (climbs(value)) throw unusable(name, 'a path of its own')
  try {
    return encodeURIComponent(value)
  } catch {
    throw unusable(name, 'not valid Unicode')
  }
}

function unusable(name: string, found: string): TenonError {
  return new TenonError('INPUT_INVALID', `${name} goes into the path and is ${found}; expected a text or a number`, {
    details: { problems: [{ field: name, expected: 'a text or a number for the path', kind: found }] },
  })
}
