import type { AuthenticationCheck } from '../authentication.ts'
import { oauthProvider } from '../oauth/provider.ts'

export const check: AuthenticationCheck = (context) => oauthProvider(context, ['client_credentials'])
