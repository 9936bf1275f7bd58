import type { FastifyReply, FastifyRequest } from 'fastify'
import { TenonError } from '../base/errors.ts'
import { kindOf } from '../base/schema.ts'
import { isObject } from '../definition/problem.ts'
import { parseBody } from '../trigger/body.ts'

/** The members of a JSON body; a request without a body has none. */
export function membersOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const bytes = request.body as Uint8Array | undefined
  if (bytes === undefined || bytes.length === 0) return {}
  if (request.headers['content-encoding'] !== undefined)
    throw new TenonError('MEDIA_TYPE_UNSUPPORTED', 'a Content-Encoding is not accepted')
  const body = parseBody(request.headers['content-type'], bytes)
  if (!isObject(body) || Array.isArray(body))
    throw new TenonError('INPUT_INVALID', `the body is ${kindOf(body)}; expected an object`)
  return body
}

export function textMember(members: Readonly<Record<string, unknown>>, name: string): string {
  const value = optionalText(members, name)
  if (value === undefined) throw new TenonError('INPUT_INVALID', `${name} is missing`)
  return value
}

export function optionalText(members: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = members[name]
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw new TenonError('INPUT_INVALID', `${name} is ${value === '' ? 'empty' : kindOf(value)}; expected a text`)
}

/** Answers of the management API: never kept by a cache, and readable where JSON has no form of its own. */
export function answer(reply: FastifyReply, value: unknown, status = 200): void {
  void reply
    .code(status)
    .header('content-type', 'application/json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(value, readable))
}

function readable(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}
