import { createHash } from 'node:crypto'
import { contentHash } from '../../base/ids.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import { equal, type AuthEndpoint, type AuthenticationContext } from '../authentication.ts'
import { Answer } from '../behaviour.ts'
import { randomText } from '../credentials.ts'
import { consentPage, titleOf, troublePage, type SimulatedAccount } from './consent-page.ts'

/** What a person is asked. */
interface Asked {
  readonly redirectUri: string
  readonly state: string | null
  readonly scopes: readonly string[]
  /** SHA-256 of the verifier, as sent. */
  readonly challenge: string
  readonly until: number
}

/** What a code stands for; `family` once it was exchanged. */
interface Code extends Omit<Asked, 'state'> {
  readonly account: string
  readonly family: string | null
}

export type Taken =
  | { readonly is: 'good'; readonly account: string; readonly scopes: readonly string[] }
  | { readonly is: 'spent'; readonly family: string }
  | { readonly is: 'unknown' }

const lifeMs = 10 * 60_000

/** The front of a simulated provider: the page of consent, and the codes that it gives (RFC 6749 §4.1, RFC 7636). */
export class AuthorisationFront {
  readonly #context: AuthenticationContext
  readonly #settings: OAuthSettings
  readonly #accounts: readonly SimulatedAccount[]

  constructor(context: AuthenticationContext, settings: OAuthSettings, accounts: readonly SimulatedAccount[]) {
    this.#context = context
    this.#settings = settings
    this.#accounts = accounts
  }

  endpoint(path: string): AuthEndpoint {
    return {
      name: 'authorise',
      path,
      methods: ['GET', 'POST'],
      answer: (request) => (request.method === 'GET' ? this.#ask(request) : this.#decide(request)),
    }
  }

  /** What the code stands for, if it may be exchanged; `spent` with what came of it, if it was exchanged before. */
  take(code: string, { redirectUri, verifier }: { readonly redirectUri: string; readonly verifier: string }): Taken {
    const known = this.#codes.get(contentHash(code))
    if (known === undefined) return { is: 'unknown' }
    if (known.family !== null) return { is: 'spent', family: known.family }
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const isMeant =
      known.until > this.#context.simulation.now() &&
      known.redirectUri === redirectUri &&
      equal(challenge, known.challenge)
    return isMeant ? { is: 'good', account: known.account, scopes: known.scopes } : { is: 'unknown' }
  }

  /** From now on it counts as exchanged. */
  spend(code: string, family: string): void {
    const hash = contentHash(code)
    const known = this.#codes.get(hash)
    if (known !== undefined) this.#codes.put(hash, { ...known, family })
  }

  #ask({ query }: RawRequest): Answer {
    const { connector, credentials, database, simulation } = this.#context
    const redirectUri = query['redirect_uri'] ?? ''
    const client = query['client_id'] ?? ''
    if (!equal(client, credentials['clientId'] ?? ''))
      return troublePage(titleOf(connector), 'There is no program with this client_id.')
    if (!isRedirect(redirectUri))
      return troublePage(
        titleOf(connector),
        'The redirect_uri must be an https address, or one on this machine, without a fragment.',
      )
    const state = query['state'] ?? null
    const wrong = wrongIn(query)
    if (wrong !== null) return this.#back({ redirectUri, state }, wrong)
    const consent = randomText(32)
    const scopes = (query['scope'] ?? '').split(this.#settings.scopeSeparator ?? ' ').filter((scope) => scope !== '')
    const challenge = query['code_challenge'] ?? ''
    const asked: Asked = { redirectUri, state, scopes, challenge, until: simulation.now() + lifeMs }
    database.transaction(() => this.#asked.put(contentHash(consent), asked))
    return consentPage({ provider: titleOf(connector), consent, client, scopes, accounts: this.#accounts })
  }

  #decide({ body }: RawRequest): Answer {
    const { connector, database, simulation } = this.#context
    const form = new URLSearchParams(Buffer.from(body).toString())
    const hash = contentHash(form.get('consent') ?? '')
    const asked = this.#asked.get(hash)
    if (asked === undefined || asked.until <= simulation.now())
      return troublePage(titleOf(connector), 'This consent was answered already, or took too long. Begin again.')
    const account = this.#accounts.find(({ id }) => id === form.get('account'))
    return database.transaction(() => {
      this.#asked.delete(hash)
      if (form.get('decision') !== 'allow' || account === undefined)
        return this.#back(asked, { error: 'access_denied' })
      const code = randomText(32)
      const { state: _state, ...rest } = asked
      this.#codes.put(contentHash(code), {
        ...rest,
        account: account.id,
        family: null,
        until: simulation.now() + lifeMs,
      })
      return this.#back(asked, { code })
    })
  }

  #back({ redirectUri, state }: Pick<Asked, 'redirectUri' | 'state'>, told: Readonly<Record<string, string>>): Answer {
    const url = new URL(redirectUri)
    const { issuer } = this.#settings.endpoints
    // RFC 9207, where the provider has a name.
    const all = { ...told, ...(state !== null && { state }), ...(issuer !== undefined && { iss: issuer }) }
    for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
    return new Answer(303, '', { location: url.href, 'cache-control': 'no-store' })
  }

  get #asked() {
    return this.#context.database.table<Asked>('$consents')
  }

  get #codes() {
    return this.#context.database.table<Code>('$codes')
  }
}

function wrongIn(query: RawRequest['query']): Readonly<Record<string, string>> | null {
  if (query['response_type'] !== 'code') return { error: 'unsupported_response_type' }
  const isProvable = query['code_challenge_method'] === 'S256' && /^[\w-]{43}$/.test(query['code_challenge'] ?? '')
  return isProvable ? null : { error: 'invalid_request', error_description: 'PKCE with S256 is required' }
}

function isRedirect(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, hash } = new URL(text)
  const isLocal = protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  return (protocol === 'https:' || isLocal) && hash === ''
}
