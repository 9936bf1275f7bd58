import type { RawRequest } from '../../definition/verifier.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import { equal, type AuthenticationContext } from '../authentication.ts'
import { nonces } from '../nonces.ts'
import { makeSigningKey, publicKeyIn, readAssertion } from './assertion.ts'

export type Form = Readonly<Record<string, string | undefined>>

/** Whether the program proved who it is. */
export type ClientProofCheck = (request: RawRequest, form: Form) => boolean

export function makeClientCredentials(settings: unknown): Readonly<Record<string, string>> {
  const { proof, algorithm = 'RS256' } = settings as OAuthSettings
  return proof === 'private-key' ? { clientKey: makeSigningKey(algorithm) } : {}
}

/** In the way that the connector declares (RFC 6749 §2.3.1, RFC 7523 §2.2). */
export function clientProofOf(context: AuthenticationContext, settings: OAuthSettings): ClientProofCheck {
  const { clientId = '', clientSecret = '' } = context.credentials
  switch (settings.proof) {
    case 'secret-basic':
      return ({ headers }) => {
        const [id, secret] = basicOf(headers['authorization'])
        return equal(id, clientId) && equal(secret, clientSecret)
      }
    case 'secret-post':
      return (_request, form) =>
        equal(form['client_id'] ?? '', clientId) && equal(form['client_secret'] ?? '', clientSecret)
    case 'private-key':
      return assertionCheck(context, settings)
    default:
      return (_request, form) => equal(form['client_id'] ?? '', clientId)
  }
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

function assertionCheck(context: AuthenticationContext, settings: OAuthSettings): ClientProofCheck {
  const { clientId = '' } = context.credentials
  const { algorithm = 'RS256', keyId, endpoints } = settings
  const publicKey = publicKeyIn(context.credentials, 'clientKey')
  const isNew = nonces(context)
  const addresses = [endpoints.issuer, endpoints.token, endpoints.authorisation].filter((one) => one !== undefined)
  const filled = addresses.map((address) => addressOf(address, context.credentials))
  const audiences = [...filled, ...filled.map((address) => new URL(address).origin)]
  return (_request, form) => {
    if (form['client_assertion_type'] !== assertionType) return false
    const nowMs = context.simulation.now()
    const expected = { publicKey, algorithm, issuer: clientId, subject: clientId, audiences, keyId, nowMs }
    const read = readAssertion(form['client_assertion'] ?? '', expected)
    if ('problem' in read) return false
    const { jti } = read.claims
    // RFC 7523 §3, 7: one that comes a second time may have been stolen.
    return typeof jti === 'string' && isNew(`client assertion ${jti}`)
  }
}

/** An address of the provider, as this account has it. */
export function addressOf(template: string, credentials: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, field: string) => credentials[field] ?? '')
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
