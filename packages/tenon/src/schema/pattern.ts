import { RE2JS } from 're2js'

/** Most steps that an expression of the language itself may take at worst. */
const mostSteps = 1_000_000
const mostKept = 5000

const kept = new Map<string, (text: string) => boolean>()

/**
 * Whether a text matches a `pattern`. It comes from a provider's document and is not trusted: one whose worst case grows with a small power of the text's length is left to
 * the language's own expressions while that is bearable; all others go to RE2, which is linear. What neither can judge within bounds (look-around on long texts) or read at all is not asserted.
 */
export function patternOf(pattern: string): (text: string) => boolean {
  const known = kept.get(pattern)
  if (known !== undefined) return known
  const matches = matcherOf(pattern)
  if (kept.size >= mostKept) kept.clear()
  kept.set(pattern, matches)
  return matches
}

function matcherOf(pattern: string): (text: string) => boolean {
  const native = nativeOf(pattern)
  if (native === null) return () => true
  const power = powerOf(pattern)
  const longest = power === null ? 0 : Math.floor(mostSteps ** (1 / Math.max(power, 1)))
  let linear: ((text: string) => boolean) | undefined
  return (text) => {
    if (text.length <= longest) return native.test(text)
    linear ??= linearOf(pattern)
    return linear(text)
  }
}

function nativeOf(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    // Many are written for other languages, with escapes that the strict reading refuses.
  }
  try {
    return new RegExp(pattern)
  } catch {
    return null
  }
}

function linearOf(pattern: string): (text: string) => boolean {
  try {
    const expression = RE2JS.compile(RE2JS.translateRegExp(pattern))
    return (text) => expression.matcher(text).find()
  } catch {
    return () => true
  }
}

/**
 * The power of the text's length by which the work may grow at worst: one for each repetition without a small bound, and one for the place where it begins. `null` where repetitions
 * are nested or something refers back, for then it may be exponential.
 */
function powerOf(pattern: string): number | null {
  let power = pattern.startsWith('^') ? 0 : 1
  const plain = pattern.replace(/\\[^\d]/g, 'x').replace(/\[(?:\\.|[^\]\\])*\]/g, 'x')
  if (/\\[\dk]/.test(plain) || /\)[*+{]/.test(plain)) return null
  for (const [, most] of plain.matchAll(/[*+]|\{\d*,?(\d*)\}/g)) {
    if (most === undefined || most === '' || Number(most) > 1) power += 1
  }
  return power
}
