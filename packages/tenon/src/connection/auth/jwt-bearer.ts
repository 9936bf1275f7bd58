import { SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import type { JwtBearerSettings } from '../../definition/oauth.ts'
import type { AuthContext, AuthScheme } from '../auth-scheme.ts'
import { credential } from '../credentials.ts'
import { applyingTo, plainAnswer, tokensOf } from '../oauth/answer.ts'
import { boundFetch, endpointsOf, tokenOrigins, type OAuthFetch } from '../oauth/endpoints.ts'
import { privateKey } from '../oauth/provider.ts'
import { refusal } from '../oauth/refusal.ts'

const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** Salesforce takes none that lives longer than this; Google's own libraries ask for an hour. */
const assertionLifeS = 180

/** RFC 7523 §2.1. */
export const scheme: AuthScheme = {
  tokenOrigins,
  open(context) {
    const settings = context.settings as JwtBearerSettings
    const { token = '' } = endpointsOf(context)
    const { origin } = new URL(token)
    const fetch = boundFetch(context, tokenOrigins(context))
    const options = {
      [oauth.customFetch]: async (...asked: Parameters<OAuthFetch>) =>
        plainAnswer(await fetch(...asked), { isOpenId: false }),
    }
    // The assertion says who asks; there is no client beside it.
    const client = { client_id: credential(context.credentials, 'issuer') }
    const withoutClient: oauth.ClientAuth = () => undefined
    return {
      apply: applyingTo(context),
      async obtain() {
        const askedAt = context.clock.now()
        const parameters = {
          ...settings.tokenParameters,
          assertion: await assertion(context, token),
          ...(settings.scopesIn === 'request' && { scope: settings.scopes.join(settings.scopeSeparator ?? ' ') }),
        }
        const server = { issuer: origin, token_endpoint: token }
        try {
          const response = await oauth.genericTokenEndpointRequest(
            server,
            client,
            withoutClient,
            grant,
            parameters,
            options,
          )
          const answer = await oauth.processGenericTokenEndpointResponse(server, client, response)
          return tokensOf(answer, context, { current: null, askedAt })
        } catch (error) {
          throw refusal(error, context, 'token')
        }
      },
    }
  },
}

async function assertion({ settings, credentials, clock, what }: AuthContext, token: string): Promise<string> {
  const {
    audience = token,
    algorithm = 'RS256',
    scopes,
    scopesIn = 'assertion',
    scopeSeparator = ' ',
  } = settings as JwtBearerSettings
  const key = await privateKey(credential(credentials, 'privateKey'), { algorithm, field: 'privateKey', what })
  const now = Math.floor(clock.now() / 1000)
  const optional = (field: string): string | undefined => credentials[field]?.reveal()
  const keyId = optional('keyId')
  const subject = optional('subject')
  const isScoped = scopesIn === 'assertion' && scopes.length > 0
  const jwt = new SignJWT(isScoped ? { scope: scopes.join(scopeSeparator) } : {})
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })
    .setIssuer(credential(credentials, 'issuer'))
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + assertionLifeS)
  if (subject !== undefined) jwt.setSubject(subject)
  return jwt.sign(key)
}
