import { contentHash } from '../base/ids.ts'
import type { AuthenticationContext } from './authentication.ts'

/** How far a signed time may be from now, in either direction, as most providers have it. */
const toleranceMs = 5 * 60_000

/** What is wrong with the time of a signed request, `null` for nothing. */
export function timeProblem(timeMs: number, nowMs: number): string | null {
  if (Number.isNaN(timeMs)) return 'the time of the request is missing or cannot be read'
  const awayMs = Math.abs(nowMs - timeMs)
  if (awayMs <= toleranceMs) return null
  return `the time of the request is ${Math.round(awayMs / 1000)} s from now, and may be ${toleranceMs / 1000}`
}

/** Whether a nonce comes for the first time; from then on it was there. Their hashes are kept, and the oldest of very many go. */
export function nonces({
  database,
  simulation,
}: Pick<AuthenticationContext, 'database' | 'simulation'>): (nonce: string) => boolean {
  return (nonce) => {
    const known = database.table<number>('$nonces')
    const hash = contentHash(nonce)
    if (known.get(hash) !== undefined) return false
    database.transaction(() => known.put(hash, simulation.now()))
    return true
  }
}
