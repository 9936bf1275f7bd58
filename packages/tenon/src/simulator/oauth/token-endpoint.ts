import type { OAuthSettings } from '../../definition/oauth.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import type { AuthEndpoint, AuthenticationContext } from '../authentication.ts'
import { Answer } from '../behaviour.ts'
import type { AuthorisationFront } from './authorisation.ts'
import { isOwnClient } from './client-proof.ts'
import type { Grants, IssuedTokens } from './grants.ts'

type Form = Readonly<Record<string, string | undefined>>

/** Which grants a token endpoint knows. */
export type GrantKind = 'authorization_code' | 'refresh_token' | 'client_credentials'

export interface TokenEndpointOptions {
  readonly context: AuthenticationContext
  readonly settings: OAuthSettings
  readonly grants: Grants
  readonly front: AuthorisationFront
  /** Whose tokens a program gets that acts for itself. */
  readonly ownAccount: string
}

/** The back of a simulated provider: tokens for codes and refresh tokens (RFC 6749 §3.2), and their revocation (RFC 7009). */
export class TokenEndpoint {
  readonly #options: TokenEndpointOptions

  constructor(options: TokenEndpointOptions) {
    this.#options = options
  }

  endpoint(path: string, kinds: readonly GrantKind[]): AuthEndpoint {
    const byKind: Readonly<Record<GrantKind, (form: Form) => Answer>> = {
      authorization_code: (form) => this.#exchangeCode(form),
      refresh_token: (form) => this.#renew(form),
      client_credentials: (form) => this.#actForItself(form),
    }
    return {
      name: 'token',
      path,
      methods: ['POST'],
      played: {
        // The account was taken back, or the program's secret was replaced.
        'credentials-revoked': () => this.#refused('invalid_grant'),
        refused: () => this.#refused('invalid_client'),
      },
      answer: (request) =>
        this.#asOwnClient(request, (form) => {
          const kind = kinds.find((one) => one === form['grant_type'])
          return kind === undefined ? this.#refused('unsupported_grant_type') : byKind[kind](form)
        }),
    }
  }

  revocation(path: string): AuthEndpoint {
    const answer = (request: RawRequest): Answer =>
      this.#asOwnClient(request, ({ token = '' }) => {
        this.#options.grants.revoke(token)
        return new Answer(200, '')
      })
    return { name: 'revoke', path, methods: ['POST'], answer }
  }

  #asOwnClient(request: RawRequest, work: (form: Form) => Answer): Answer {
    const { context, settings } = this.#options
    const form: Form = Object.fromEntries(new URLSearchParams(Buffer.from(request.body).toString()))
    return isOwnClient(settings, context.credentials, request, form) ? work(form) : this.#refused('invalid_client')
  }

  #exchangeCode({ code = '', redirect_uri: redirectUri = '', code_verifier: verifier = '' }: Form): Answer {
    const { context, front, grants } = this.#options
    const taken = front.take(code, { redirectUri, verifier })
    if (taken.is === 'unknown') return this.#refused('invalid_grant')
    if (taken.is === 'spent') {
      // RFC 6749 §4.1.2: a code that comes again was stolen, and so may be its tokens.
      grants.revokeFamily(taken.family)
      return this.#refused('invalid_grant')
    }
    const { account, scopes } = taken
    return context.database.transaction(() => {
      const issued = grants.begin({ account, scopes }, { refreshable: true })
      front.spend(code, issued.family)
      return this.#told(issued)
    })
  }

  #renew({ refresh_token: token = '' }: Form): Answer {
    const issued = this.#options.grants.refresh(token)
    return issued === null ? this.#refused('invalid_grant') : this.#told(issued)
  }

  #actForItself({ scope = '' }: Form): Answer {
    const { grants, ownAccount } = this.#options
    const scopes = scope.split(this.#separator).filter((one) => one !== '')
    return this.#told(grants.begin({ account: ownAccount, scopes }, { refreshable: false }))
  }

  #told({ access, refresh, expiresAt, scopes, account }: IssuedTokens): Answer {
    const { behaviour, simulation } = this.#options.context
    const body = {
      access_token: access,
      token_type: 'bearer',
      expires_in: Math.floor((expiresAt - simulation.now()) / 1000),
      ...(refresh !== null && { refresh_token: refresh }),
      ...(scopes.length > 0 && { scope: scopes.join(this.#separator) }),
      ...behaviour.oauth?.told?.(account),
    }
    return new Answer(200, body, { 'cache-control': 'no-store' })
  }

  #refused(error: string): Answer {
    return (this.#options.context.behaviour.oauth?.refuse ?? standardRefusal)(error)
  }

  get #separator(): string {
    return this.#options.settings.scopeSeparator ?? ' '
  }
}

/** RFC 6749 §5.2. */
function standardRefusal(error: string): Answer {
  const headers = { 'cache-control': 'no-store' }
  if (error !== 'invalid_client') return new Answer(400, { error }, headers)
  return new Answer(401, { error }, { ...headers, 'www-authenticate': 'Basic realm="token"' })
}
