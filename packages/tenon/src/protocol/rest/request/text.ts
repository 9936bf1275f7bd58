import { TenonError } from '../../../base/errors.ts'
import { writeJson } from '../../../base/json.ts'

/** A value as the text that a parameter, a part of a form or an element of XML carries; what has members is JSON. */
export function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      if (value === null || value === undefined) return ''
      if (value instanceof Date) return value.toISOString()
      if (value instanceof Uint8Array)
        return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
      return writeJson(value)
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Uint8Array)

export function inputInvalid(field: string, problem: string): TenonError {
  return new TenonError('INPUT_INVALID', `${field}: ${problem}`)
}

export function bodyInvalid(problem: string): TenonError {
  return new TenonError('BODY_INVALID', problem)
}
