import { parseJson } from '../../../base/json.ts'
import type { AnswerParts, ProviderFailure } from '../../../definition/operation.ts'
import type { Path, WireFailure } from '../wire.ts'

/** Names under which providers say what went wrong, the most telling first. RFC 9457 §3.1 (`detail`, `title`, `type`), RFC 6749 §5.2 (`error_description`, `error`). */
export const words = {
  message: [
    'message',
    'detail',
    'error_description',
    'errormessage',
    'error_message',
    'description',
    'msg',
    'title',
    'reason',
    'error',
    'text',
  ],
  code: ['code', 'error_code', 'errorcode', 'error', 'type', 'name', 'status', 'reason'],
} as const

type Members = Readonly<Record<string, unknown>>

const longest = 2000

/** What an answer that is no success says, by the description's own words, and else by the forms that most use: `{ error: { message, code } }`, `{ errors: […] }`, problem+json. */
export function readFailure(answer: AnswerParts, told: WireFailure | undefined): ProviderFailure | null {
  if (answer.status >= 200 && answer.status < 300) return null
  const body = bodyOf(answer)
  if (typeof body !== 'object' || body === null) return null
  const message = at(body, told?.message) ?? search(body, words.message)
  if (message === undefined) return null
  const code = at(body, told?.code) ?? search(body, words.code)
  return { message, ...(code !== undefined && code !== message && { code: code.slice(0, 200) }) }
}

/** Some send JSON as a text. */
function bodyOf({ body }: AnswerParts): unknown {
  if (typeof body !== 'string' || !/^\s*[{[]/.test(body) || body.length > 100_000) return body
  try {
    return parseJson(body)
  } catch {
    return body
  }
}

function at(body: unknown, path: Path | undefined): string | undefined {
  if (path === undefined) return undefined
  return plain(valueAt(body, path))
}

/** What a path leads to; `undefined` where it leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined
    found = (found as Members)[part]
  }
  return found
}

/** The first by name, here or in what stands for the error. */
function search(body: object, names: readonly string[], depth = 0): string | undefined {
  const members = Array.isArray(body) ? {} : (body as Members)
  const lower = new Map(Object.keys(members).map((name) => [name.toLowerCase(), members[name]]))
  const inner = (
    Array.isArray(body)
      ? [body[0]]
      : ['error', 'errors', 'fault', 'err', 'meta', 'result'].map((name) => lower.get(name))
  ) as unknown[]
  if (depth < 3) {
    for (const part of inner) {
      const found = typeof part === 'object' && part !== null ? search(part, names, depth + 1) : undefined
      if (found !== undefined) return found
    }
  }
  for (const name of names) {
    const found = plain(lower.get(name))
    if (found !== undefined) return found
  }
  const [first] = Array.isArray(body)
    ? body
    : Array.isArray(lower.get('errors'))
      ? (lower.get('errors') as unknown[])
      : []
  return names === words.message ? plain(first) : undefined
}

function plain(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value.slice(0, longest)
  return typeof value === 'number' ? String(value) : undefined
}
