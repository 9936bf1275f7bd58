// One of each scheme of authentication, and how webhooks are signed.
import {
  apiKey,
  basic,
  bearer,
  clientCredentials,
  hmacSigned,
  timestampedHmac,
  tokenLogin,
  type AuthDeclaration,
} from 'tenon'

export const verify = timestampedHmac({ header: 'signature', field: 'hookSecret' })

/** `origin`: where the provider gives tokens. */
export const authsAt = (origin: string): Readonly<Record<string, AuthDeclaration>> => ({
  bearer: bearer('secret', 'Key'),
  basic: basic('user', 'secret'),
  header: apiKey('secret', 'Key', { header: 'x-key' }),
  query: apiKey('secret', 'Key', { query: 'key' }),
  login: tokenLogin(
    { secret: { label: 'Password' } },
    {
      login: ({ secret }) => ({ path: '/login', body: { secret } }),
      token: (body) => (body as { token?: string }).token,
      life: '1d',
    },
  ),
  oauth: clientCredentials({ endpoints: { token: `${origin}/token` } }),
  hmac: hmacSigned({
    fields: { secret: { label: 'Key' } },
    secret: 'secret',
    sign: '{body}',
    headers: { s: '{signature}' },
  }),
})
