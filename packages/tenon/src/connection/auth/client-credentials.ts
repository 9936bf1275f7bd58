import * as oauth from 'oauth4webapi'
import type { OAuthSettings } from '../../definition/oauth.ts'
import type { AuthScheme } from '../auth-scheme.ts'
import { applyingTo, tokensOf } from '../oauth/answer.ts'
import { tokenOrigins } from '../oauth/endpoints.ts'
import { certificateOf, openProvider } from '../oauth/provider.ts'
import { refusal } from '../oauth/refusal.ts'

/** RFC 6749 §4.4. */
export const scheme: AuthScheme = {
  tokenOrigins,
  open(context) {
    const { scopes, scopeSeparator = ' ' } = context.settings as OAuthSettings
    const provider = openProvider(context)
    const parameters = scopes.length === 0 ? {} : { scope: scopes.join(scopeSeparator) }
    return {
      ...certificateOf(context),
      apply: applyingTo(context),
      async obtain() {
        const askedAt = context.clock.now()
        const { server, client, proof, options } = await provider()
        const all = { ...options.additionalParameters, ...parameters }
        try {
          const response = await oauth.clientCredentialsGrantRequest(server, client, proof, all, options)
          const answer = await oauth.processClientCredentialsResponse(server, client, response)
          return tokensOf(answer, context, { current: null, askedAt })
        } catch (error) {
          throw refusal(error, context, 'token')
        }
      },
    }
  },
}
