import type { JwtBearerSettings } from '../../definition/oauth.ts'
import type { AuthenticationCheck, CredentialsMaker } from '../authentication.ts'
import { makeSigningKey } from '../oauth/assertion.ts'
import { oauthProvider } from '../oauth/provider.ts'

export const makeCredentials: CredentialsMaker = (settings) => {
  const { algorithm = 'RS256' } = settings as JwtBearerSettings
  return { privateKey: makeSigningKey(algorithm) }
}

export const check: AuthenticationCheck = (context) =>
  oauthProvider(context, ['urn:ietf:params:oauth:grant-type:jwt-bearer'])
