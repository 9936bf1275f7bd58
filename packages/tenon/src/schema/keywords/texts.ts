import { every, type Check, type Keyword } from '../check.ts'
import { formatOf } from '../formats.ts'
import { patternOf } from '../pattern.ts'

/** `minLength`, `maxLength` and `pattern`, JSON Schema validation 6.3; `format`, 7, is asserted where `formats.ts` knows it. */
export const texts: Keyword = ({ minLength, maxLength, pattern, format }, { reading }) => {
  const checks: Check[] = []
  if (typeof minLength === 'number' && minLength > 0) {
    const expected = `expected at least ${counted(minLength, 'character')}`
    checks.push((value, run) => typeof value !== 'string' || hasAtLeast(value, minLength) || run.fail(expected))
  }
  if (typeof maxLength === 'number') {
    const expected = `expected at most ${counted(maxLength, 'character')}`
    checks.push((value, run) => typeof value !== 'string' || !hasAtLeast(value, maxLength + 1) || run.fail(expected))
  }
  if (typeof pattern === 'string') {
    const matches = patternOf(pattern)
    const expected = `expected a text that matches ${pattern.length > 200 ? 'the pattern of its schema' : pattern}`
    checks.push((value, run) => typeof value !== 'string' || matches(value) || run.fail(expected))
  }
  const known = typeof format === 'string' && !reading.isLenient ? formatOf(format) : undefined
  if (known !== undefined) {
    const expected = `expected ${known.words}`
    checks.push((value, run) => known.fits(value) || run.fail(expected))
  }
  return checks.length === 0 ? null : every(checks)
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

// Length is counted in characters, and a text has no more of them than units, and no less than half as many.
function hasAtLeast(text: string, least: number): boolean {
  if (text.length < least) return false
  if (text.length >= least * 2) return true
  let count = 0
  for (const _ of text) {
    count += 1
    if (count >= least) return true
  }
  return count >= least
}
