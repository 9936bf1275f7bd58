import { durationMs } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { Secret } from '../../base/secret.ts'
import type { OAuthDialect, OAuthSettings } from '../../definition/oauth.ts'
import type { AuthContext, TokenAuthenticator, Tokens } from '../auth-scheme.ts'
import { applyBearer } from '../credentials.ts'
import { instanceUrl } from '../instance.ts'

type Members = Record<string, unknown>

/** A provider's answer in the form that the standard knows: no type of token, an empty life, a list of scopes and an error with status 200 are things that providers send. */
export async function plainAnswer(
  response: Response,
  { isOpenId, refusals }: Pick<OAuthDialect, 'refusals'> & { readonly isOpenId: boolean },
): Promise<Response> {
  const text = await response.text()
  const { status, headers } = response
  let members: unknown
  try {
    members = parseJson(text)
  } catch {
    return new Response(text === '' ? null : text, { status, headers })
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members))
    return new Response(text, { status, headers })
  const body = { ...members } as Members
  const isRefused = status === 200 && typeof body['error'] === 'string' && body['access_token'] === undefined
  if (typeof body['access_token'] === 'string') straighten(body, isOpenId)
  else if (refusals !== undefined && body['error'] === undefined) name(body, refusals)
  return new Response(JSON.stringify(body), { status: isRefused ? 400 : status, headers })
}

function straighten(body: Members, isOpenId: boolean): void {
  const { token_type: type, expires_in: life, scope } = body
  // Whatever a provider calls it, it is sent as a bearer token; one that must be proved (DPoP) was not asked for.
  if (type === undefined || (typeof type === 'string' && type.toLowerCase() !== 'dpop')) body['token_type'] = 'bearer'
  if (life === null || life === '' || life === 0 || life === '0') delete body['expires_in']
  if (Array.isArray(scope)) body['scope'] = scope.join(' ')
  if (scope === null) delete body['scope']
  if (body['refresh_token'] === null || body['refresh_token'] === '') delete body['refresh_token']
  // Whose identity it is was not asked for: the token is what counts.
  if (!isOpenId) delete body['id_token']
}

function name(body: Members, { member, meanings }: NonNullable<OAuthDialect['refusals']>): void {
  const word = body[member]
  if (typeof word === 'string' && Object.hasOwn(meanings, word)) body['error'] = meanings[word]
}

/** RFC 6750 §2.1; the request goes to the account's own instance where the tokens name one, also before the connection is known to be there (EGR-07: `ADDRESS_REFUSED` for any but the connector's hosts). */
export function applyingTo({ settings, standIn }: AuthContext): TokenAuthenticator['apply'] {
  const { instance } = settings as OAuthDialect
  if (instance === undefined || standIn !== null) return applyBearer
  return (request, tokens) => {
    request.origin = new URL(instanceUrl(request.origin, instance, tokens.facts)).origin
    applyBearer(request, tokens)
  }
}

/** As they will be kept. `current` are those that they replace: a provider may leave out what stays the same. */
export function tokensOf(
  answer: Readonly<Record<string, unknown>>,
  context: AuthContext,
  { current, askedAt }: { readonly current: Tokens | null; readonly askedAt: number },
): Tokens {
  const { instance } = context.settings as OAuthSettings
  const { access_token: access, refresh_token: refresh } = answer
  if (typeof access !== 'string' || !/^[\x21-\x7e]+$/.test(access))
    throw new TenonError(
      'UPSTREAM_ANSWER_INVALID',
      `connection ${context.what}: the provider's answer has no usable access token`,
    )
  if (answer['token_type'] === 'dpop')
    throw new TenonError(
      'UPSTREAM_ANSWER_INVALID',
      `connection ${context.what}: the provider gave a token that must be proved with each request (DPoP), which was not asked for; let it give bearer tokens to this client`,
    )
  const facts = factsOf(answer, context.settings as OAuthSettings, current)
  // Refused before anything is kept: the tokens would go to a host of the answer's choice.
  if (context.standIn === null) instanceUrl('https://instance.invalid', instance, facts)
  const scopes = scopesOf(answer['scope'], context.settings as OAuthDialect) ?? current?.scopes
  const renewing = typeof refresh === 'string' ? new Secret(refresh) : current?.refresh
  return {
    access: new Secret(access),
    ...(renewing !== undefined && { refresh: renewing }),
    expiresAt: endOf(answer['expires_in'], context, askedAt),
    ...refreshLifeOf(answer, context, { current, askedAt }),
    ...(scopes !== undefined && { scopes }),
    ...(Object.keys(facts).length > 0 && { facts }),
  }
}

/** From when it was asked for: the answer may have been long on its way. */
function endOf(seconds: unknown, { settings }: AuthContext, askedAt: number): number | null {
  if (typeof seconds === 'number') return askedAt + seconds * 1000
  const { life } = settings as OAuthDialect
  return life === undefined ? null : askedAt + durationMs(life, 'auth.life')
}

/** As GitHub, eBay and LinkedIn name it; Keycloak and TikTok; Intuit. None of them is in a standard. */
const refreshLifeMembers = ['refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in']

function refreshLifeOf(
  answer: Readonly<Record<string, unknown>>,
  { settings }: AuthContext,
  { current, askedAt }: { readonly current: Tokens | null; readonly askedAt: number },
): Pick<Tokens, 'refreshLife'> {
  const told = refreshLifeMembers.map((name) => Number(answer[name])).find((seconds) => seconds > 0)
  const { refreshLife: declared } = settings as OAuthDialect
  if (told === undefined && declared === undefined) {
    // The same token ends when it was said that it ends; of a new one nothing is known.
    const { refresh_token: next } = answer
    const isSame = next === undefined || next === current?.refresh?.reveal()
    return isSame && current?.refreshLife !== undefined ? { refreshLife: current.refreshLife } : {}
  }
  const lifeMs = told === undefined ? durationMs(declared ?? '', 'auth.refreshLife') : told * 1000
  return { refreshLife: { endsAt: askedAt + lifeMs, lifeMs } }
}

function factsOf(
  answer: Readonly<Record<string, unknown>>,
  { facts: names = [], instance }: OAuthDialect,
  current: Tokens | null,
): Readonly<Record<string, string>> {
  const facts: Record<string, string> = { ...current?.facts }
  for (const name of instance === undefined ? names : [...names, instance.fact]) {
    const value = answer[name]
    if (typeof value === 'string') facts[name] = value
  }
  return facts
}

function scopesOf(scope: unknown, { scopeSeparator = ' ' }: OAuthDialect): readonly string[] | undefined {
  if (typeof scope !== 'string') return undefined
  return scope
    .split(scopeSeparator === ' ' ? /\s+/ : new RegExp(`[\\s${scopeSeparator.replaceAll(/[\\\]^-]/g, '\\$&')}]+`))
    .filter((one) => one !== '')
}
