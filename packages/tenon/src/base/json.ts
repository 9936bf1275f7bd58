import { TenonError } from './errors.ts'

/** What a step, an event or a run may hold: JSON plus `bigint`, `Date`, `Uint8Array` and `undefined`. */
export type Encodable =
  | null
  | undefined
  | boolean
  | number
  | string
  | bigint
  | Date
  | Uint8Array
  | readonly Encodable[]
  | { readonly [key: string]: Encodable }

/** `T` itself where every part of it can be stored, else `never`: makes an unencodable step result a type error. */
export type Encoded<T> = T extends null | undefined | void | boolean | number | string | bigint | Date | Uint8Array
  ? T
  : T extends (...args: never[]) => unknown
    ? never
    : T extends symbol | Promise<unknown> | Map<unknown, unknown> | Set<unknown> | RegExp | WeakMap<object, unknown>
      ? never
      : T extends readonly (infer Item)[]
        ? [Encoded<Item>] extends [never]
          ? [Item] extends [never]
            ? T
            : never
          : T
        : T extends object
          ? true extends {
              [Key in keyof T]-?: [Encoded<Exclude<T[Key], undefined>>] extends [never]
                ? [Exclude<T[Key], undefined>] extends [never]
                  ? never
                  : true
                : never
            }[keyof T]
            ? never
            : T
          : unknown extends T
            ? T
            : never

const maxDepth = 64

/** Parses text from outside. Throws `BODY_INVALID` for bad JSON, for nesting deeper than 64 or what is given, and for a `__proto__` member, which could change a prototype later. */
export function parseJson(text: string, deepest: number = maxDepth): unknown {
  refuseDeep(text, deepest)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new TenonError('BODY_INVALID', 'not valid JSON', { details: { reason: jsonReason(error) } })
  }
  // The escape spelling \u005f would hide the name from a plain search.
  if (text.includes('__proto__') || text.includes('\\u005')) refuseProto(value)
  return value
}

/** An integer that a number cannot hold exactly, and where it stands. */
export interface LargeInteger {
  readonly holder: object
  readonly key: string
}

const none: readonly LargeInteger[] = []
// Only a hint, but one without misses: 2^53 has sixteen digits.
const mayHoldLarge = /(?:^|[:[,])\s*-?\d{16}/

/** Like `parseJson`; integers that a number would round are strings of their digits instead, and listed. */
export function parseJsonExactly(text: string): { readonly value: unknown; readonly large: readonly LargeInteger[] } {
  const rounded = parseJson(text)
  if (!mayHoldLarge.test(text)) return { value: rounded, large: none }
  const large: LargeInteger[] = []
  function keepDigits(this: object, key: string, value: unknown, context?: { readonly source: string }): unknown {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(context?.source ?? '')) return value
    large.push({ holder: this, key })
    return context?.source
  }
  return { value: JSON.parse(text, keepDigits as (this: unknown, key: string, value: unknown) => unknown), large }
}

/** Writes JSON for others to read: a `bigint` as the number it is. */
export function writeJson(value: unknown): string {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? rawJSON(part.toString()) : part))
}

// V8 puts a piece of the text into its message; the text may hold a secret.
function jsonReason(error: unknown): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')
  return position === null ? 'unexpected end or character' : `unexpected character at position ${position[1]}`
}

function refuseDeep(text: string, deepest: number): void {
  // Nearly every body opens fewer objects and arrays than may be nested, and then need not be read twice.
  if (countAtMost(text, '{', deepest) + countAtMost(text, '[', deepest) <= deepest) return
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    if (inString) {
      if (char === 92) index += 1
      else if (char === 34) inString = false
    } else if (char === 34) {
      inString = true
    } else if (char === 123 || char === 91) {
      depth += 1
      if (depth > deepest) throw new TenonError('BODY_INVALID', `nested deeper than ${deepest} levels`)
    } else if (char === 125 || char === 93) {
      depth -= 1
    }
  }
}

function countAtMost(text: string, char: string, most: number): number {
  let count = 0
  for (let at = text.indexOf(char); at !== -1 && count <= most; at = text.indexOf(char, at + 1)) count += 1
  return count
}

function refuseProto(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Object.hasOwn(value, '__proto__'))
    throw new TenonError('BODY_INVALID', 'a member named __proto__ is not accepted')
  for (const part of Object.values(value)) refuseProto(part)
}

const tag = '$tenon'

/** One text for one value; what `decode` gives back is an equal copy. Throws `UNENCODABLE` with the path of what cannot be stored. */
export function encode(value: unknown, what = 'value'): string {
  if (value === undefined) return `{"${tag}":"undefined"}`
  return JSON.stringify(isPlainJson(value, 0) ? value : prepare(value, what, 0))
}

export function decode(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return text.includes(`"${tag}"`) ? restore(value) : value
}

const mostNested = 200

function isPlainJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      if (value === null) return true
      // Perhaps a cycle: the slower way says where.
      if (depth > mostNested) return false
      return Array.isArray(value)
        ? value.every((part) => isPlainJson(part, depth + 1))
        : isPlainObject(value, depth + 1)
    default:
      return false
  }
}

function isPlainObject(value: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  if ((value as { toJSON?: unknown }).toJSON !== undefined) return false
  for (const key in value) {
    if (key === tag) return false
    const part = (value as Record<string, unknown>)[key]
    if (part !== undefined && !isPlainJson(part, depth)) return false
  }
  return true
}

function prepare(value: unknown, path: string, depth: number): unknown {
  if (depth > mostNested) throw unencodable(path, `nesting deeper than ${mostNested} levels (or a cycle)`)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [tag]: 'number', of: Object.is(value, -0) ? '-0' : String(value) }
    case 'bigint':
      return { [tag]: 'bigint', of: value.toString() }
    case 'undefined':
      return { [tag]: 'undefined' }
    case 'function':
    case 'symbol':
      throw unencodable(path, `a ${typeof value}`)
    default:
      return value === null ? null : prepareObject(value as object, path, depth)
  }
}

function prepareObject(value: object, path: string, depth: number): unknown {
  if (Array.isArray(value)) return value.map((part, index) => prepare(part, `${path}[${index}]`, depth + 1))
  // An invalid date stays one.
  if (value instanceof Date) return { [tag]: 'date', of: Number.isNaN(value.getTime()) ? '' : value.toISOString() }
  if (value instanceof Uint8Array)
    return { [tag]: 'bytes', of: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw unencodable(path, `an instance of ${value.constructor?.name ?? 'a class'}`)
  }
  const plain: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(value)) {
    if (key === '__proto__') throw unencodable(`${path}.${key}`, 'a member named __proto__')
    if (part !== undefined) plain[key] = prepare(part, `${path}.${key}`, depth + 1)
  }
  return Object.hasOwn(plain, tag) ? { [tag]: 'object', of: plain } : plain
}

function unencodable(path: string, found: string): TenonError {
  return new TenonError(
    'UNENCODABLE',
    `${path} is ${found}; expected JSON, bigint, Date or Uint8Array. Return plain data from the step.`,
    {
      details: { path },
    },
  )
}

function restore(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(restore)
  const record = value as Record<string, unknown>
  switch (record[tag]) {
    case undefined:
      return restoreMembers(record)
    case 'undefined':
      return undefined
    case 'bigint':
      return BigInt(record['of'] as string)
    case 'number':
      return Number(record['of'])
    case 'date':
      return new Date(record['of'] as string)
    case 'bytes':
      return new Uint8Array(Buffer.from(record['of'] as string, 'base64'))
    default:
      return restoreMembers(record['of'] as Record<string, unknown>)
  }
}

function restoreMembers(record: Record<string, unknown>): unknown {
  const copy: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(record)) copy[key] = restore(part)
  return copy
}
