import { durationMs } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import type { TokenLoginSettings } from '../../definition/auth.ts'
import type { AnswerParts } from '../../definition/operation.ts'
import type { AuthContext, Authenticator, AuthScheme, BareRequest } from '../auth-scheme.ts'

const longestMarginMs = 5 * 60_000
/** A token refused so soon after a refused one: the credentials are wrong, and more logins could lock the account. */
const pauseAfterRefusalMs = 30_000

interface Token {
  readonly header: string
  readonly until: number
}

export const scheme: AuthScheme = { open: (context) => new TokenLogin(context) }

class TokenLogin implements Authenticator {
  readonly #context: AuthContext
  readonly #settings: TokenLoginSettings
  readonly #heldMs: number
  #token: Token | null = null
  /** All calls that need a token wait for the same login. */
  #login: Promise<Token> | null = null
  #lastRefusal = -Infinity

  constructor(context: AuthContext) {
    this.#context = context
    this.#settings = context.settings as TokenLoginSettings
    const lifeMs = durationMs(this.#settings.life, 'the life of the login token')
    this.#heldMs = lifeMs - Math.min(longestMarginMs, lifeMs / 10)
  }

  apply(request: BareRequest): void | Promise<void> {
    const token = this.#token
    if (token !== null && this.#context.clock.now() < token.until) {
      request.headers.push('authorization', token.header)
      return
    }
    return this.#fresh().then(({ header }) => {
      request.headers.push('authorization', header)
    })
  }

  refused(request: BareRequest): boolean {
    // Another call may have logged in anew meanwhile.
    if (this.#token !== null && request.headers.includes(this.#token.header)) {
      const now = this.#context.clock.now()
      if (now - this.#lastRefusal < pauseAfterRefusalMs) return false
      this.#lastRefusal = now
      this.#token = null
    }
    return true
  }

  #fresh(): Promise<Token> {
    this.#login ??= this.#logIn().finally(() => {
      this.#login = null
    })
    return this.#login
  }

  async #logIn(): Promise<Token> {
    const { credentials, clock, send, conceal } = this.#context
    const revealed = Object.fromEntries(Object.entries(credentials).map(([name, secret]) => [name, secret.reveal()]))
    const askedAt = clock.now()
    const answer = await send(this.#settings.login(revealed))
    if (answer.status < 200 || answer.status > 299) throw refusedLogin(answer)
    const text = this.#settings.token(answer.body)
    if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) {
      throw new TenonError(
        'CREDENTIALS_REFUSED',
        `the login was answered with status ${answer.status}, but without a token`,
      )
    }
    conceal(text)
    this.#token = { header: `Bearer ${text}`, until: askedAt + this.#heldMs }
    return this.#token
  }
}

function refusedLogin({ status }: AnswerParts): TenonError {
  const details = { status }
  // Too many logins, or too slow a one, says nothing about the credentials.
  if (status >= 500 || status === 429 || status === 408) {
    return new TenonError('UPSTREAM_UNAVAILABLE', `the login was answered with status ${status}`, { details })
  }
  return new TenonError('CREDENTIALS_REFUSED', `the login was answered with status ${status}`, { details })
}
