import { censored } from './secret-text.ts'
import { isSecretName } from './secret-name.ts'

type Clean = (text: string) => string

const deepest = 6
const mostMembers = 100
const longestText = 8192
const margin = 4096
const mostFrames = 12

/** A copy that can be printed: plain data, bounded in depth, width and length, every text cleaned, members with the names of secrets replaced. It never throws. */
export function printable(fields: Readonly<Record<string, unknown>>, clean: Clean): Record<string, unknown> {
  const copy = safely(() => copyMembers(Object.keys(fields), (name) => fields[name], { depth: 0, clean }))
  return typeof copy === 'object' && copy !== null ? (copy as Record<string, unknown>) : { unprintable: copy }
}

interface Place {
  readonly depth: number
  readonly clean: Clean
}

function copyOf(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case 'string':
      return textOf(value, place.clean)
    case 'bigint':
      return String(value)
    case 'function':
      return '[function]'
    case 'symbol':
      return textOf(String(value), place.clean)
    case 'object':
      return value === null ? null : safely(() => copyObject(value, place))
    default:
      return value
  }
}

/** Cut after it was cleaned: half a secret would not be found. */
function textOf(text: string, clean: Clean): string {
  if (text.length <= longestText) return clean(text)
  // What is far beyond the limit need not be read; where reading stops, a secret may be cut, so that this end is not shown.
  const cleaned = clean(text.slice(0, longestText + margin))
  return `${cleaned.slice(0, Math.min(longestText, Math.max(0, cleaned.length - margin)))}… (${text.length} characters)`
}

/** What is logged comes from anywhere: a getter or a proxy of it may throw, and no log line is worth that. */
function safely(copy: () => unknown): unknown {
  try {
    return copy()
  } catch {
    return '[unprintable]'
  }
}

function copyObject(value: object, { depth, clean }: Place): unknown {
  const place = { depth: depth + 1, clean }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`
  if (depth >= deepest) return '…'
  if (Array.isArray(value)) return copyList(value, place)
  if (value instanceof Error) return copyError(value, place)
  if (value instanceof Set) return copyList([...value], place)
  if (isPairs(value)) return copyPairs(value, place)
  if ('toJSON' in value && typeof value.toJSON === 'function') return copyOf(value.toJSON(), place)
  return copyMembers(Object.keys(value), (name) => (value as Record<string, unknown>)[name], place)
}

function copyList(values: readonly unknown[], place: Place): unknown[] {
  const copies = values.slice(0, mostMembers).map((part) => copyOf(part, place))
  return values.length > mostMembers ? [...copies, `… (${values.length} in all)`] : copies
}

/** A `Map`, and what behaves like one: `Headers`, `URLSearchParams`, `FormData`. */
function isPairs(value: object): value is Iterable<[unknown, unknown]> {
  return value instanceof Map || value instanceof Headers || value instanceof URLSearchParams
}

function copyPairs(pairs: Iterable<[unknown, unknown]>, place: Place): unknown {
  const entries = [...pairs].map(([name, value]) => [typeof name === 'string' ? name : '…', value] as const)
  const values = new Map(entries)
  return copyMembers([...values.keys()], (name) => values.get(name), place)
}

function copyMembers(names: readonly string[], read: (name: string) => unknown, place: Place): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const name of names.slice(0, mostMembers)) {
    if (name === '__proto__') continue
    copy[textOf(name, place.clean)] = safely(() => copyMember(name, read(name), place))
  }
  if (names.length > mostMembers) copy['…'] = `${names.length} members in all`
  return copy
}

function copyMember(name: string, value: unknown, place: Place): unknown {
  const isNothing = value === null || value === undefined || typeof value === 'boolean'
  return isSecretName(name) && !isNothing ? censored : copyOf(value, place)
}

/** What of an error is for people: never its other members, which may hold a whole request. */
function copyError(error: Error, place: Place): Record<string, unknown> {
  const { code, details, cause, errors } = error as Error & Record<'code' | 'details' | 'errors', unknown>
  const copy: Record<string, unknown> = {
    name: textOf(error.name, place.clean),
    message: textOf(error.message, place.clean),
  }
  if (typeof code === 'string') copy['code'] = textOf(code, place.clean)
  if (details !== undefined) copy['details'] = copyOf(details, place)
  if (Array.isArray(errors)) copy['errors'] = copyList(errors, place)
  if (cause !== undefined) copy['cause'] = copyOf(cause, place)
  else copy['stack'] = framesOf(error).map((frame) => textOf(frame, place.clean))
  return copy
}

/** Where the first error came to be; its message stands beside it already. */
function framesOf({ stack = '' }: Error): readonly string[] {
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, mostFrames)
    .map((line) => line.trim())
}
