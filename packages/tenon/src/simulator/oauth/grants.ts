import { contentHash } from '../../base/ids.ts'
import type { Simulation } from '../behaviour.ts'
import { randomText } from '../credentials.ts'
import type { Database } from '../database.ts'

/** What one consent allowed: all tokens that come from it end together. */
interface Family {
  readonly account: string
  readonly scopes: readonly string[]
  readonly isRevoked: boolean
}

interface AccessToken {
  readonly family: string
  readonly until: number
}

interface RefreshToken {
  readonly family: string
  /** It was exchanged for another one. */
  readonly isUsed: boolean
}

/** What a token endpoint gives out. */
export interface IssuedTokens {
  readonly access: string
  readonly refresh: string | null
  readonly expiresAt: number
  readonly scopes: readonly string[]
  readonly account: string
}

export interface GrantsOptions {
  readonly database: Database
  readonly simulation: Simulation
  readonly lifeMs: number
  /** A refresh token is good once, and one that comes again ends its family (RFC 9700 §4.14.2). */
  readonly rotates: boolean
}

/** The tokens of a simulated provider. Only their hashes are kept: the state file holds nothing that opens an account. */
export class Grants {
  readonly #options: GrantsOptions

  constructor(options: GrantsOptions) {
    this.#options = options
  }

  /** The first tokens of a consent. `refreshable` is false for a program that acts for itself. */
  begin(
    family: Omit<Family, 'isRevoked'>,
    { refreshable }: { readonly refreshable: boolean },
  ): IssuedTokens & { readonly family: string } {
    return this.#options.database.transaction(() => {
      const id = this.#options.simulation.id('')
      this.#families.put(id, { ...family, isRevoked: false })
      return { ...this.#issue(id, refreshable ? this.#newRefresh(id) : null), family: id }
    })
  }

  /** `null` for a token that is not good; one that was exchanged before takes all of its family with it. */
  refresh(token: string): IssuedTokens | null {
    return this.#options.database.transaction(() => {
      const hash = contentHash(token)
      const known = this.#refreshes.get(hash)
      if (known === undefined || this.#families.get(known.family)?.isRevoked !== false) return null
      if (known.isUsed) {
        this.revokeFamily(known.family)
        return null
      }
      if (!this.#options.rotates) return this.#issue(known.family, null)
      this.#refreshes.put(hash, { ...known, isUsed: true })
      return this.#issue(known.family, this.#newRefresh(known.family))
    })
  }

  /** Whose token that is; `expired` where it was good once. */
  judge(token: string): { readonly account: string } | 'expired' | 'unknown' {
    const known = this.#accesses.get(contentHash(token))
    const family = known === undefined ? undefined : this.#families.get(known.family)
    if (known === undefined || family === undefined) return 'unknown'
    return family.isRevoked || known.until <= this.#options.simulation.now() ? 'expired' : { account: family.account }
  }

  /** A refresh token takes its whole family with it (RFC 7009 §2.1). */
  revoke(token: string): void {
    const hash = contentHash(token)
    const [access, refresh] = [this.#accesses.get(hash), this.#refreshes.get(hash)]
    this.#options.database.transaction(() => {
      if (access !== undefined) this.#accesses.put(hash, { ...access, until: 0 })
      if (refresh !== undefined) this.revokeFamily(refresh.family)
    })
  }

  revokeFamily(id: string): void {
    const family = this.#families.get(id)
    if (family === undefined) return
    this.#options.database.transaction(() => this.#families.put(id, { ...family, isRevoked: true }))
  }

  /** Access tokens end; refresh tokens go on. */
  expireAll(): void {
    const { database } = this.#options
    const issued = Object.entries((database.snapshot()['$access_tokens'] ?? {}) as Record<string, AccessToken>)
    database.transaction(() => issued.forEach(([hash, token]) => this.#accesses.put(hash, { ...token, until: 0 })))
  }

  #issue(family: string, refresh: string | null): IssuedTokens {
    const { simulation, lifeMs } = this.#options
    const { account, scopes } = this.#families.get(family) ?? { account: '', scopes: [] }
    const access = randomText(48)
    const expiresAt = simulation.now() + lifeMs
    this.#accesses.put(contentHash(access), { family, until: expiresAt })
    return { access, refresh, expiresAt, scopes, account }
  }

  #newRefresh(family: string): string {
    const token = randomText(48)
    this.#refreshes.put(contentHash(token), { family, isUsed: false })
    return token
  }

  get #families() {
    return this.#options.database.table<Family>('$families')
  }

  get #accesses() {
    return this.#options.database.table<AccessToken>('$access_tokens')
  }

  get #refreshes() {
    return this.#options.database.table<RefreshToken>('$refresh_tokens')
  }
}
