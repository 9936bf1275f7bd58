import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { RenewalOutcome } from '../telemetry/meter.ts'
import type { Tokens } from './auth-scheme.ts'
import { isUsable } from './token-life.ts'

/** Tokens as they are kept. */
export interface KeptTokens {
  readonly tokens: Tokens
  /** One more with each pair that was obtained. */
  readonly generation: number
  readonly obtainedAt: number
}

/** Where the tokens of one connection lie. */
export interface TokenShelf {
  /**
   * Other tokens than these: usable ones that lie here, else what `obtain` gets, which are kept before they are given out. Rejects with what `obtain` rejects with; its
   * `retryAfterMs` says when it makes sense to ask again.
   */
  renew(than: KeptTokens | null, obtain: (current: Tokens | null) => Promise<Tokens>): Promise<KeptTokens>
}

/** Is told each time that a provider was asked for tokens. */
export type CountRenewal = (outcome: RenewalOutcome, tookMs: number) => void

export function outcomeOf(error: unknown): RenewalOutcome {
  return TenonError.is(error, 'AUTHORISATION_LOST') ? 'lost' : 'failed'
}

/** For tokens that the credentials alone can get again: they end with the process. `first` are those that lie here from the beginning. */
export function memoryShelf(
  clock: Clock,
  { first, count }: { readonly first?: Tokens | undefined; readonly count?: CountRenewal } = {},
): TokenShelf {
  let kept: KeptTokens | null = first === undefined ? null : { tokens: first, generation: 1, obtainedAt: clock.now() }
  return {
    async renew(than, obtain) {
      if (
        kept !== null &&
        kept.generation !== than?.generation &&
        isUsable({ ...kept.tokens, obtainedAt: kept.obtainedAt }, clock.now())
      )
        return kept
      const obtainedAt = clock.now()
      const tokens = await obtain(kept?.tokens ?? null).catch((error: unknown) => {
        count?.(outcomeOf(error), clock.now() - obtainedAt)
        throw error
      })
      count?.('renewed', clock.now() - obtainedAt)
      kept = { tokens, generation: (kept?.generation ?? 0) + 1, obtainedAt }
      return kept
    },
  }
}
