import { TenonError } from '../base/errors.ts'
import { kindOf } from '../base/schema.ts'

const deepest = 20

/** `application/x-www-form-urlencoded` with brackets for what is nested: `metadata[order_id]=7&items[0][price]=p1`. */
export function writeForm(value: unknown, what: string): string {
  const pairs: string[] = []
  function add(name: string, part: unknown, depth: number): void {
    if (part === undefined) return
    if (depth > deepest) throw new TenonError('INPUT_INVALID', `${what}: nested deeper than ${deepest} levels`)
    if (Array.isArray(part)) {
      part.forEach((one: unknown, index) => add(`${name}[${index}]`, one, depth + 1))
    } else if (typeof part === 'object' && part !== null && !(part instanceof Date)) {
      for (const [key, one] of Object.entries(part)) add(`${name}[${encodeURIComponent(key)}]`, one, depth + 1)
    } else {
      pairs.push(`${name}=${encodeURIComponent(plain(part, what))}`)
    }
  }
  for (const [name, part] of Object.entries(members(value, what))) add(encodeURIComponent(name), part, 0)
  return pairs.join('&')
}

/** A query: lists repeat the name. */
export function writeQuery(value: unknown, what: string): string {
  const pairs: string[] = []
  for (const [name, part] of Object.entries(members(value, what))) {
    for (const one of Array.isArray(part) ? (part as unknown[]) : [part]) {
      if (one !== undefined) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(plain(one, what))}`)
    }
  }
  return pairs.join('&')
}

function members(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new TenonError('INPUT_INVALID', `${what}: expected members to write, found ${kindOf(value)}`)
}

function plain(value: unknown, what: string): string {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      if (value === null) return ''
      if (value instanceof Date) return value.toISOString()
      throw new TenonError(
        'INPUT_INVALID',
        `${what}: a query or form cannot carry ${kindOf(value)} here; the operation needs a request function`,
      )
  }
}
