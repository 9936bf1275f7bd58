import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { Authenticator, BareRequest, ClientCertificate, TokenAuthenticator, Tokens } from './auth-scheme.ts'
import { timesOf, type TokenTimes } from './token-life.ts'
import type { KeptTokens, TokenShelf } from './token-shelf.ts'

/** A token refused so soon after a refused one: something else is wrong, and more renewals could lock the account. */
const pauseAfterRefusalMs = 30_000
const firstRestMs = 30_000
const longestRestMs = 3_600_000

export interface TokenKeeperOptions {
  readonly authenticator: TokenAuthenticator
  readonly shelf: TokenShelf
  readonly clock: Clock
  readonly random: () => number
  /** Is told of each secret before it is used. */
  readonly conceal: (secret: string) => void
}

type Held = KeptTokens & TokenTimes

/** Makes an authenticator of one that works with tokens: has them at hand, renews them ahead of their end, and once when they are refused. */
export class TokenKeeper implements Authenticator {
  readonly tls?: ClientCertificate
  readonly #options: TokenKeeperOptions
  #held: Held | null = null
  /** Tokens that the provider refused. */
  #refused: KeptTokens | null = null
  /** All calls that need new tokens wait for the same renewal. */
  #renewal: Promise<Held> | null = null
  #failure: { readonly error: unknown; readonly until: number; readonly count: number } | null = null
  #lastRefusal = -Infinity

  constructor(options: TokenKeeperOptions) {
    this.#options = options
    if (options.authenticator.tls !== undefined) this.tls = options.authenticator.tls
  }

  apply(request: BareRequest): void | Promise<void> {
    const { authenticator, clock } = this.#options
    const held = this.#held
    if (held !== null) {
      const now = clock.now()
      if (now < held.renewAt) return authenticator.apply(request, held.tokens)
      if (now < held.staleAt) {
        // Nobody waits for it, and what it fails by is kept for those who must.
        this.#renew().catch(() => undefined)
        return authenticator.apply(request, held.tokens)
      }
    }
    return this.#renew().then(({ tokens }) => authenticator.apply(request, tokens))
  }

  refused({ headers, path }: BareRequest): boolean {
    const held = this.#held
    // Another call may have renewed them meanwhile.
    if (held === null) return true
    const token = held.tokens.access.reveal()
    if (!path.includes(token) && !headers.some((part) => part.includes(token))) return true
    const now = this.#options.clock.now()
    if (now - this.#lastRefusal < pauseAfterRefusalMs) return false
    this.#lastRefusal = now
    this.#refused = held
    this.#held = null
    return true
  }

  async settled(): Promise<void> {
    await this.#renewal?.catch(() => undefined)
  }

  #renew(): Promise<Held> {
    const failure = this.#failure
    if (failure !== null && this.#options.clock.now() < failure.until) return Promise.reject(failure.error)
    this.#renewal ??= this.#obtain().finally(() => {
      this.#renewal = null
    })
    return this.#renewal
  }

  async #obtain(): Promise<Held> {
    const { authenticator, shelf, random, conceal } = this.#options
    try {
      const kept = await shelf.renew(this.#held ?? this.#refused, async (current) => {
        const tokens = await authenticator.obtain(current)
        for (const secret of secretsOf(tokens)) conceal(secret)
        return tokens
      })
      for (const secret of secretsOf(kept.tokens)) conceal(secret)
      this.#failure = null
      this.#held = { ...kept, ...timesOf(kept, random) }
      return this.#held
    } catch (error) {
      this.#rest(error)
      throw error
    }
  }

  /** More requests would not help an endpoint that fails, and wrong credentials sent again could lock the account. */
  #rest(error: unknown): void {
    const count = (this.#failure?.count ?? 0) + 1
    // Where calls wait for tokens, one failure may have been a stumble.
    const own = count === 1 && this.#held === null ? 0 : Math.min(longestRestMs, firstRestMs * 2 ** (count - 1))
    const restMs = TenonError.is(error) && error.retryAfterMs !== null ? error.retryAfterMs : own
    this.#failure = { error, until: this.#options.clock.now() + restMs, count }
  }
}

function secretsOf({ access, refresh }: Tokens): readonly string[] {
  return refresh === undefined ? [access.reveal()] : [access.reveal(), refresh.reveal()]
}
