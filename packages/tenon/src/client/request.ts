import { TenonError, messageOf } from '../base/errors.ts'
import { writeJson } from '../base/json.ts'
import type { RequestParts } from '../definition/operation.ts'
import type { SendRequest } from '../outbound/outbound.ts'
import { writeForm, writeQuery } from './form.ts'
import { fillPath, requirePath, requireSearch } from './path.ts'
import { addHeaders, type Plan } from './plan.ts'

export type Outgoing = Pick<SendRequest, 'path' | 'headers' | 'body'>

/** The request for a checked input, before authentication. */
export function writeRequest(plan: Plan, input: unknown): Outgoing {
  return plan.operation.request === undefined ? byRule(plan, input) : byFunction(plan, input)
}

function byRule(plan: Plan, input: unknown): Outgoing {
  const { path, what, place, form } = plan
  const members = typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {}
  const filled = fillPath(path, members)
  const rest = path.names.length === 0 ? input : without(members, path.names)
  if (place === 'query') {
    const query = form === 'form' ? writeForm(rest, what) : writeQuery(rest, what)
    return { path: query === '' ? filled : `${filled}?${query}`, headers: [...plan.headers], body: null }
  }
  return { path: filled, ...written(rest, [...plan.headers], plan) }
}

function without(members: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  const rest: Record<string, unknown> = {}
  for (const name of Object.keys(members)) {
    if (!names.includes(name) && name !== '__proto__') rest[name] = members[name]
  }
  return rest
}

function byFunction(plan: Plan, input: unknown): Outgoing {
  let parts: RequestParts
  try {
    parts = (plan.operation.request as (input: unknown) => RequestParts)(input)
  } catch (error) {
    if (TenonError.is(error)) throw error
    throw new TenonError('APP_INVALID', `${plan.what}: its request function threw: ${messageOf(error)}`)
  }
  return writeParts(plan, parts)
}

/** A request that a definition put together by itself. */
export function writeParts(
  plan: Pick<Plan, 'what' | 'base' | 'headers' | 'form'> & Partial<Pick<Plan, 'operation'>>,
  parts: RequestParts,
): Outgoing {
  // Empty only where the operation says so itself: a function that makes nothing of its input has gone wrong.
  const isBase = parts.path === '' && plan.operation?.path === ''
  const path = isBase ? plan.base.path || '/' : plan.base.path + requirePath(parts.path, plan.what)
  const query = parts.search === undefined ? writeQuery(parts.query, plan.what) : requireSearch(parts.search, plan.what)
  const headers = [...plan.headers]
  addHeaders(headers, parts.headers ?? {}, plan.what)
  if (parts.cookies !== undefined) headers.push('cookie', writeCookies(parts.cookies, plan.what))
  const { body } = parts
  const target = query === '' ? path : `${path}?${query}`
  if (body === undefined || body === null) return { path: target, headers, body: null }
  const isFinished = body instanceof Uint8Array || (typeof body === 'string' && headers.includes('content-type'))
  return isFinished ? { path: target, headers, body } : { path: target, ...written(body, headers, plan) }
}

/** RFC 6265 §4.1.1: a token, and characters that end no cookie. */
function writeCookies(cookies: Readonly<Record<string, string>>, what: string): string {
  const pairs = Object.entries(cookies).map(([name, value]) => {
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(value))
      return `${name}=${value}`
    throw new TenonError(
      'INPUT_INVALID',
      `${what}: the cookie ${JSON.stringify(name.slice(0, 100))} has a character that a cookie cannot carry`,
    )
  })
  return pairs.join('; ')
}

function written(
  body: unknown,
  headers: string[],
  { form, what }: Pick<Plan, 'form' | 'what'>,
): Pick<Outgoing, 'headers' | 'body'> {
  if (form === 'form') {
    if (!headers.includes('content-type')) headers.push('content-type', 'application/x-www-form-urlencoded')
    return { headers, body: writeForm(body, what) }
  }
  if (!headers.includes('content-type')) headers.push('content-type', 'application/json')
  return { headers, body: body === undefined ? null : json(body, what) }
}

/** `bigint` is rare: it is looked for only where the plain way fails. */
function json(body: unknown, what: string): string {
  try {
    return JSON.stringify(body)
  } catch {
    try {
      return writeJson(body)
    } catch (error) {
      throw new TenonError(
        'INPUT_INVALID',
        `${what}: the body cannot be written as JSON: ${messageOf(error).split('\n', 1)[0]}`,
      )
    }
  }
}
