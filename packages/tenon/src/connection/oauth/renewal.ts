import * as oauth from 'oauth4webapi'
import { TenonError } from '../../base/errors.ts'
import type { AuthContext, TokenAuthenticator, Tokens } from '../auth-scheme.ts'
import { applyingTo, tokensOf } from './answer.ts'
import { certificateOf, openProvider, type OAuthProvider } from './provider.ts'
import { refusal } from './refusal.ts'

/** For schemes whose first tokens come from a person's consent: they live on by their refresh token (RFC 6749 §6). */
export function renewing(context: AuthContext): TokenAuthenticator {
  const provider = openProvider(context)
  return {
    ...certificateOf(context),
    apply: applyingTo(context),
    async obtain(current) {
      if (current?.refresh === undefined) throw notRenewable(context, current)
      const askedAt = context.clock.now()
      const { server, client, proof, options } = await provider()
      try {
        const response = await oauth.refreshTokenGrantRequest(server, client, proof, current.refresh.reveal(), options)
        const answer = await oauth.processRefreshTokenResponse(server, client, response)
        return tokensOf(answer, context, { current, askedAt })
      } catch (error) {
        throw refusal(error, context, 'renewal')
      }
    },
    revoke: async (tokens) => revoke(await provider(), tokens, context),
  }
}

/** RFC 7009, where the provider has it: the refresh token takes its access tokens with it. */
async function revoke(
  { server, client, proof, options }: OAuthProvider,
  tokens: Tokens,
  context: AuthContext,
): Promise<void> {
  if (server.revocation_endpoint === undefined) return
  const token = (tokens.refresh ?? tokens.access).reveal()
  try {
    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, token, options))
  } catch (error) {
    throw refusal(error, context, 'revocation')
  }
}

function notRenewable({ what }: AuthContext, current: Tokens | null): TenonError {
  return new TenonError(
    'AUTHORISATION_LOST',
    current === null
      ? `connection ${what} has no account yet: connect one in the console or by tenon connect`
      : `connection ${what}: its access token ended and there is no refresh token; connect the account again`,
  )
}
