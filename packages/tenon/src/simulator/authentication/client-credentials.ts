import type { AuthenticationCheck, CredentialsMaker } from '../authentication.ts'
import { makeClientCredentials } from '../oauth/client-proof.ts'
import { oauthProvider } from '../oauth/provider.ts'

export const makeCredentials: CredentialsMaker = makeClientCredentials

export const check: AuthenticationCheck = (context) => oauthProvider(context, ['client_credentials'])
