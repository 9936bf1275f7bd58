import type { AuthenticationCheck } from '../authentication.ts'
import { oauthProvider } from '../oauth/provider.ts'

export const check: AuthenticationCheck = (context) => oauthProvider(context, ['authorization_code', 'refresh_token'])
