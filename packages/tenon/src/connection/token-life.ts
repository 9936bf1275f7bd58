import type { KeptTokens } from './token-shelf.ts'

const longestMarginMs = 15 * 60_000
const longestSpreadMs = 12 * 3_600_000
const longestReserveMs = 60_000

/** What the renewal of tokens goes by, in milliseconds since the epoch. */
export interface TokenTimes {
  /** From here on they are renewed while they still serve. */
  readonly renewAt: number
  /** From here on they no longer serve: a request might arrive after their end. */
  readonly staleAt: number
}

/**
 * Renewal is due at a random moment of the later half of their life (of its last twelve hours where it is longer than a day), and at the latest 15 minutes, or a tenth of it, before
 * the end: accounts that were connected together are not renewed together.
 */
export function timesOf({ tokens, obtainedAt }: KeptTokens, random: () => number): TokenTimes {
  const { expiresAt } = tokens
  if (expiresAt === null) return { renewAt: Infinity, staleAt: Infinity }
  const lifeMs = Math.max(0, expiresAt - obtainedAt)
  const lastAt = expiresAt - Math.min(longestMarginMs, lifeMs / 10)
  const renewAt = lastAt - random() * Math.min(longestSpreadMs, lifeMs / 2)
  return { renewAt, staleAt: staleAt(expiresAt, lifeMs) }
}

export function isUsable(
  { expiresAt, obtainedAt }: { readonly expiresAt: number | null; readonly obtainedAt: number },
  now: number,
): boolean {
  return expiresAt === null || now < staleAt(expiresAt, expiresAt - obtainedAt)
}

function staleAt(expiresAt: number, lifeMs: number): number {
  return expiresAt - Math.min(longestReserveMs, lifeMs / 10)
}
