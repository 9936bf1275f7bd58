import type { RawRequest } from '../../definition/verifier.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import { equal } from '../authentication.ts'

type Form = Readonly<Record<string, string | undefined>>

/** Whether the program proved who it is, in the way that the connector declares (RFC 6749 §2.3.1). Of keys and certificates a simulator knows only whose they say to be. */
export function isOwnClient(
  { proof }: OAuthSettings,
  credentials: Readonly<Record<string, string>>,
  { headers }: RawRequest,
  form: Form,
): boolean {
  const { clientId = '', clientSecret = '' } = credentials
  switch (proof) {
    case 'secret-basic': {
      const [id, secret] = basicOf(headers['authorization'])
      return equal(id, clientId) && equal(secret, clientSecret)
    }
    case 'secret-post':
      return equal(form['client_id'] ?? '', clientId) && equal(form['client_secret'] ?? '', clientSecret)
    case 'private-key':
      return (form['client_assertion'] ?? '') !== ''
    default:
      return equal(form['client_id'] ?? '', clientId)
  }
}

/** Both parts are form-encoded before they are joined. */
function basicOf(header: string | undefined): readonly [id: string, secret: string] {
  const joined = Buffer.from(/^Basic (\S+)$/i.exec(header ?? '')?.[1] ?? '', 'base64').toString()
  const at = joined.indexOf(':')
  if (at < 0) return ['', '']
  return [formDecoded(joined.slice(0, at)), formDecoded(joined.slice(at + 1))]
}

function formDecoded(text: string): string {
  return new URLSearchParams(`text=${text}`).get('text') ?? ''
}
