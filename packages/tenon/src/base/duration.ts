import { TenonError } from './errors.ts'

type Unit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w'

/** A length of time in words: `'250ms'`, `'15m'`, `'14d'`. */
export type Duration = `${number}${Unit}`

const unitMs: Readonly<Record<Unit, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const form = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/

/** Milliseconds of a duration. Throws `DURATION_INVALID` that names `field`. */
export function durationMs(duration: string, field = 'duration'): number {
  const match = form.exec(duration)
  if (match === null) {
    throw new TenonError(
      'DURATION_INVALID',
      `${field} is ${JSON.stringify(duration)}; expected a number and a unit (ms, s, m, h, d, w), such as '15m'`,
    )
  }
  return Number(match[1]) * unitMs[match[2] as Unit]
}

/** A duration as a person reads it: `842 ms`, `3.2 s`, `2 h 5 m`, `13 d 4 h`. */
export function readableDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const parts: string[] = []
  let rest = ms
  for (const [name, unit] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    const count = Math.floor(rest / unit)
    if (count > 0) parts.push(`${count} ${name}`)
    rest -= count * unit
    if (parts.length === 2) break
  }
  return parts.join(' ')
}
