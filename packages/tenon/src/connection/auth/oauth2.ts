import * as oauth from 'oauth4webapi'
import { TenonError } from '../../base/errors.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import type { AuthContext, AuthScheme, BrowserConsent } from '../auth-scheme.ts'
import { tokensOf } from '../oauth/answer.ts'
import { requireHttps, tokenOrigins } from '../oauth/endpoints.ts'
import { openProvider } from '../oauth/provider.ts'
import { refusal } from '../oauth/refusal.ts'
import { renewing } from '../oauth/renewal.ts'

const begin: BrowserConsent['begin'] = async (context, { redirectUri, state, scopes }) => {
  const { scopeSeparator = ' ', authorisationParameters = {} } = context.settings as OAuthSettings
  const { server, client } = await openProvider(context)()
  const url = consentAddress(server, context)
  const verifier = oauth.generateRandomCodeVerifier()
  const nonce = isOpenId(server, scopes) ? oauth.generateRandomNonce() : null
  const parameters = {
    ...authorisationParameters,
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    state,
    ...(scopes.length > 0 && { scope: scopes.join(scopeSeparator) }),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(nonce !== null && { nonce }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, pending: { verifier, redirectUri, ...(nonce !== null && { nonce }) } }
}

const complete: BrowserConsent['complete'] = async (context, { verifier, redirectUri, nonce }, answer) => {
  if (verifier === undefined || redirectUri === undefined)
    throw new TenonError('INPUT_INVALID', `connection ${context.what}: this consent was not begun here`)
  const { server, client, proof, options } = await openProvider(context)()
  const askedAt = context.clock.now()
  try {
    const parameters = oauth.validateAuthResponse(server, client, answer, oauth.skipStateCheck)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      proof,
      parameters,
      redirectUri,
      verifier,
      options,
    )
    const expected = nonce === undefined ? {} : { expectedNonce: nonce, requireIdToken: true }
    const granted = await oauth.processAuthorizationCodeResponse(server, client, response, expected)
    return tokensOf(granted, context, { current: null, askedAt })
  } catch (error) {
    throw refusal(error, context, 'consent')
  }
}

/** An identity comes only from a provider whose name is known, for it is checked against it. */
function isOpenId(server: oauth.AuthorizationServer, scopes: readonly string[]): boolean {
  return (
    scopes.includes('openid') && server.token_endpoint !== undefined && new URL(server.issuer).protocol === 'https:'
  )
}

function consentAddress(
  { authorization_endpoint: endpoint }: oauth.AuthorizationServer,
  { what, standIn }: AuthContext,
): URL {
  if (endpoint === undefined)
    throw new TenonError('APP_INVALID', `connection ${what}: its connector declares no endpoint for authorisation`)
  const url = new URL(requireHttps(endpoint, `connection ${what}: the address of consent`))
  return standIn === null ? url : new URL(standIn + url.pathname + url.search)
}

export const scheme: AuthScheme = { open: renewing, tokenOrigins, browser: { begin, complete } }
