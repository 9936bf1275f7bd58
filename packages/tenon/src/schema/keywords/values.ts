import { isObject, type Check, type Keyword } from '../check.ts'
import { sameText } from '../same.ts'
import type { JsonType } from '../schema.ts'

const mostNamed = 12

const words: Readonly<Record<JsonType, string>> = {
  null: 'null',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  number: 'a number',
  string: 'a text',
  integer: 'a whole number',
}

const tests: Readonly<Record<JsonType, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  array: Array.isArray,
  number: (value) => (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint',
  string: (value) => typeof value === 'string',
  // One that a number cannot hold arrives as a bigint.
  integer: (value) => Number.isInteger(value) || typeof value === 'bigint',
}

/** `type`, JSON Schema validation 6.1.1. A text of the format `binary` is bytes. */
export const type: Keyword = ({ type, format }) => {
  if (type === undefined) return null
  const types = (typeof type === 'string' ? [type] : type).filter((name) => Object.hasOwn(tests, name))
  const isBytes = format === 'binary' && types.includes('string')
  const expected = `expected ${types.map((name) => (isBytes && name === 'string' ? 'bytes' : words[name])).join(' or ')}`
  const test = (name: JsonType): ((value: unknown) => boolean) =>
    isBytes && name === 'string' ? (value) => value instanceof Uint8Array : tests[name]
  const [first, ...others] = types.map(test)
  if (first === undefined) return null
  if (others.length === 0) return (value, run) => first(value) || run.fail(expected)
  return (value, run) => first(value) || others.some((other) => other(value)) || run.fail(expected)
}

/** `const` and `enum`, 6.1.2 and 6.1.3. */
export const listed: Keyword = (schema) => {
  const checks: ((value: unknown) => boolean)[] = []
  const names: unknown[] = []
  if (Object.hasOwn(schema, 'const')) {
    checks.push(oneOf([schema['const']]))
    names.push(schema['const'])
  }
  if (Array.isArray(schema.enum)) {
    checks.push(oneOf(schema.enum))
    names.push(...(schema.enum as unknown[]))
  }
  const [first, second] = checks
  if (first === undefined) return null
  const expected = `expected ${listOf(names)}`
  const check: Check = (value, run) => first(value) || run.fail(expected)
  return second === undefined ? check : (value, run) => (first(value) && second(value)) || run.fail(expected)
}

function oneOf(values: readonly unknown[]): (value: unknown) => boolean {
  const simple = new Set(values.filter((value) => typeof value !== 'object' || value === null))
  const parts = values.filter((value) => typeof value === 'object' && value !== null)
  if (parts.length === 0) return (value) => simple.has(typeof value === 'bigint' ? Number(value) : value)
  const texts = new Set(parts.map((value) => sameText(value)))
  return (value) => simple.has(value) || (typeof value === 'object' && value !== null && texts.has(sameText(value)))
}

export function listOf(values: readonly unknown[]): string {
  const names = values.slice(0, mostNamed).map((value) => textOf(value))
  if (values.length > mostNamed) return `one of ${names.join(', ')} and ${values.length - mostNamed} others`
  return names.length === 1 ? (names[0] as string) : `one of ${names.join(', ')}`
}

// From the schema, never from the data.
function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
