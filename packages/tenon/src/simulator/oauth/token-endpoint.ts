import type { JwtBearerSettings, OAuthSettings } from '../../definition/oauth.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import type { AuthEndpoint, AuthenticationContext } from '../authentication.ts'
import { Answer } from '../behaviour.ts'
import { publicKeyIn, readAssertion } from './assertion.ts'
import type { AuthorisationFront } from './authorisation.ts'
import { addressOf, clientProofOf, type ClientProofCheck, type Form } from './client-proof.ts'
import type { DeviceFront } from './device-front.ts'
import type { Grants, IssuedTokens } from './grants.ts'

/** Which grants a token endpoint knows. */
export type GrantKind =
  | 'authorization_code'
  | 'refresh_token'
  | 'client_credentials'
  | 'urn:ietf:params:oauth:grant-type:device_code'
  | typeof jwtBearer

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export interface TokenEndpointOptions {
  readonly context: AuthenticationContext
  readonly settings: OAuthSettings
  readonly grants: Grants
  readonly front: AuthorisationFront
  readonly devices: DeviceFront
  /** Whose tokens a program gets that acts for itself. */
  readonly ownAccount: string
}

/** The back of a simulated provider: tokens for codes and refresh tokens (RFC 6749 §3.2), and their revocation (RFC 7009). */
export class TokenEndpoint {
  readonly #options: TokenEndpointOptions
  readonly #isOwnClient: ClientProofCheck

  constructor(options: TokenEndpointOptions) {
    this.#options = options
    this.#isOwnClient = clientProofOf(options.context, options.settings)
  }

  endpoint(path: string, kinds: readonly GrantKind[]): AuthEndpoint {
    const byKind: Readonly<Record<GrantKind, (form: Form) => Answer>> = {
      authorization_code: (form) => this.#exchangeCode(form),
      refresh_token: (form) => this.#renew(form),
      client_credentials: (form) => this.#actForItself(form),
      'urn:ietf:params:oauth:grant-type:device_code': (form) => this.#askForDevice(form),
      [jwtBearer]: (form) => this.#exchangeAssertion(form),
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

  device(path: string): AuthEndpoint {
    const { devices } = this.#options
    const answer = (request: RawRequest): Answer =>
      this.#asOwnClient(request, (form) => devices.begin(path, request, form))
    return { name: 'device', path, methods: ['POST'], answer }
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
    const form: Form = Object.fromEntries(new URLSearchParams(Buffer.from(request.body).toString()))
    // An assertion says itself who asks.
    const isKnown = form['grant_type'] === jwtBearer || this.#isOwnClient(request, form)
    return isKnown ? work(form) : this.#refused('invalid_client')
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

  #actForItself({ scope }: Form): Answer {
    const { grants, ownAccount } = this.#options
    return this.#told(grants.begin({ account: ownAccount, scopes: this.#scopesIn(scope) }, { refreshable: false }))
  }

  #askForDevice({ device_code: code = '' }: Form): Answer {
    const { devices, grants } = this.#options
    const polled = devices.poll(code)
    if (polled.is !== 'good') return this.#refused(polled.is)
    const { account, scopes } = polled
    return this.#told(grants.begin({ account, scopes }, { refreshable: true }))
  }

  /** RFC 7523 §2.1, §3. */
  #exchangeAssertion({ assertion = '', scope }: Form): Answer {
    const { context, settings, grants, ownAccount } = this.#options
    const { credentials, simulation } = context
    const { endpoints, audience, algorithm = 'RS256', scopesIn } = settings as unknown as JwtBearerSettings
    const read = readAssertion(assertion, {
      publicKey: publicKeyIn(credentials, 'privateKey'),
      algorithm,
      issuer: credentials['issuer'] ?? '',
      subject: credentials['subject'],
      audiences: [audience ?? addressOf(endpoints.token, credentials)],
      keyId: credentials['keyId'],
      nowMs: simulation.now(),
    })
    if ('problem' in read) return this.#refused('invalid_grant', read.problem)
    const asked = scopesIn === 'request' ? scope : read.claims['scope']
    return this.#told(grants.begin({ account: ownAccount, scopes: this.#scopesIn(asked) }, { refreshable: false }))
  }

  #scopesIn(text: unknown): readonly string[] {
    return typeof text === 'string' ? text.split(this.#separator).filter((one) => one !== '') : []
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

  #refused(error: string, description?: string): Answer {
    const { refuse = standardRefusal } = this.#options.context.behaviour.oauth ?? {}
    return refuse(error, description)
  }

  get #separator(): string {
    return this.#options.settings.scopeSeparator ?? ' '
  }
}

/** RFC 6749 §5.2. */
function standardRefusal(error: string, description?: string): Answer {
  const headers = { 'cache-control': 'no-store' }
  const body = { error, ...(description !== undefined && { error_description: description }) }
  if (error !== 'invalid_client') return new Answer(400, body, headers)
  return new Answer(401, body, { ...headers, 'www-authenticate': 'Basic realm="token"' })
}
