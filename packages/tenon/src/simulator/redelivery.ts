import type { Redelivery } from './behaviour.ts'

const firstPauseMs = 500
// Providers go up to hours; a stand-in has somebody watching.
const longestPauseMs = 10_000
const giveUpAfterMs = 3 * 86_400_000

/** How long until a webhook comes again that was not accepted at its `attempt`th try; `null` when the provider gives up. */
export function redeliveryPause(
  redelivery: Redelivery | undefined,
  { attempt, ageMs, random }: { readonly attempt: number; readonly ageMs: number; readonly random: () => number },
): number | null {
  if (redelivery !== undefined) {
    const pause = redelivery.pausesMs[attempt - 1]
    // A tenth either way, so that what failed together does not come back together.
    return pause === undefined ? null : pause * (0.9 + random() / 5)
  }
  if (ageMs > giveUpAfterMs) return null
  return Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)) * (0.5 + random() / 2)
}
