import { durationMs } from '../base/duration.ts'

/** One mistake in the definitions of an app, in words for who wrote them. */
export interface AppProblem {
  /** What it is about: `flow order-paid`. */
  readonly where: string
  readonly message: string
  readonly remedy: string
}

/** Takes mistakes down for one thing. */
export interface Report {
  (message: string, remedy: string): void
}

const nameForm = /^[A-Za-z][\w-]{0,99}$/

export function checkName(report: Report, field: string, name: unknown): void {
  if (typeof name === 'string' && nameForm.test(name)) return
  report(
    `${field} is ${shown(name)}, which cannot be used as a name`,
    'Use 1 to 100 letters, digits, - or _, beginning with a letter: it stands in routes, in the journal and on the command line.',
  )
}

export function checkDuration(report: Report, field: string, value: unknown): void {
  if (value === undefined) return
  try {
    durationMs(value as string, field)
  } catch {
    report(
      `${field} is ${shown(value)}, which is not a duration`,
      `Write a number and a unit (ms, s, m, h, d, w), such as ${field}: '15m'.`,
    )
  }
}

export function checkCount(report: Report, field: string, value: unknown): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1)) return
  report(`${field} is ${shown(value)}`, `Write a whole number from 1 up, or leave ${field} out.`)
}

export function checkChoice(report: Report, field: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return
  report(`${field} is ${shown(value)}`, `Write one of ${choices.map((choice) => `'${choice}'`).join(', ')}.`)
}

export function isSchema(value: unknown): boolean {
  return isObject(value) && isObject(value['~standard']) && typeof value['~standard']['validate'] === 'function'
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
}

/** A value as it would stand in code, short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'string') return JSON.stringify(value).slice(0, 80)
  return typeof value === 'symbol' ? 'a symbol' : `${value as number}`
}
