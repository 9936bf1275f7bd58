import { every, type Check, type Keyword } from '../check.ts'

/** `minimum` and those beside it, JSON Schema validation 6.2. */
export const numbers: Keyword = ({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }) => {
  const checks: Check[] = []
  const add = (limit: unknown, words: string, holds: (value: number | bigint, limit: number) => boolean): void => {
    if (typeof limit !== 'number') return
    const expected = `expected ${words} ${limit}`
    checks.push((value, run) => !isNumeric(value) || holds(value, limit) || run.fail(expected))
  }
  add(minimum, 'at least', (value, limit) => value >= limit)
  add(maximum, 'at most', (value, limit) => value <= limit)
  add(exclusiveMinimum, 'more than', (value, limit) => value > limit)
  add(exclusiveMaximum, 'less than', (value, limit) => value < limit)
  add(multipleOf, 'a multiple of', isMultiple)
  return checks.length === 0 ? null : every(checks)
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isMultiple(value: number | bigint, of: number): boolean {
  if (of <= 0) return true
  if (typeof value === 'bigint' && Number.isInteger(of)) return value % BigInt(of) === 0n
  const quotient = Number(value) / of
  if (!Number.isFinite(quotient)) return Number(value) % of === 0
  // 0.3 is a multiple of 0.1, whatever binary fractions make of it.
  return Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * Number.EPSILON * 4
}
