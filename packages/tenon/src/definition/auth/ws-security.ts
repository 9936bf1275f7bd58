import { durationMs, type Duration } from '../../base/duration.ts'
import type { AuthDeclaration } from '../auth.ts'

const profiles = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'

interface WsSecurityNames {
  readonly envelopes: readonly string[]
  readonly security: string
  readonly utility: string
  readonly base64: string
  readonly x509: string
  readonly text: string
  readonly digest: string
}

/** Names in messages (OASIS Web Services Security 1.1; SOAP 1.1 and 1.2). */
export const wsSecurity: WsSecurityNames = {
  envelopes: ['http://schemas.xmlsoap.org/soap/envelope/', 'http://www.w3.org/2003/05/soap-envelope'],
  security: `${profiles}-wssecurity-secext-1.0.xsd`,
  utility: `${profiles}-wssecurity-utility-1.0.xsd`,
  base64: `${profiles}-soap-message-security-1.0#Base64Binary`,
  x509: `${profiles}-x509-token-profile-1.0#X509v3`,
  text: `${profiles}-username-token-profile-1.0#PasswordText`,
  digest: `${profiles}-username-token-profile-1.0#PasswordDigest`,
}

export interface WsSecuritySettings {
  readonly token: 'text' | 'digest' | 'certificate'
  /** How long a message is good for; `null`: it has no timestamp. */
  readonly lifeMs: number | null
}

interface WsSecurityOptions {
  /** How long a message is good for, as its Timestamp says; default 5 minutes, `null` for none. */
  readonly life?: Duration | null
}

/**
 * WS-Security UsernameToken (OASIS WSS UsernameToken Profile 1.1) in the header of a SOAP envelope: the password as it is, for https only, or its digest with nonce
 * and time.
 */
export function wsUsername({
  password,
  life,
}: WsSecurityOptions & { readonly password: 'text' | 'digest' }): AuthDeclaration<'username' | 'password'> {
  return {
    scheme: 'ws-security',
    fields: { username: { label: 'User name', secret: false }, password: { label: 'Password' } },
    settings: settingsOf(password, life),
  }
}

/** WS-Security with an X.509 certificate (OASIS WSS X.509 Token Profile 1.1): body and timestamp are signed with its RSA key. All fields are PEM. */
export function wsCertificate({ life }: WsSecurityOptions = {}): AuthDeclaration<
  'certificate' | 'privateKey' | 'passphrase'
> {
  return {
    scheme: 'ws-security',
    fields: {
      certificate: { label: 'Certificate (PEM)', pem: true, secret: false },
      privateKey: { label: 'Private key (PEM, RSA)', pem: true },
      passphrase: { label: 'Passphrase of the private key', optional: true },
    },
    settings: settingsOf('certificate', life),
  }
}

function settingsOf(token: WsSecuritySettings['token'], life: Duration | null = '5m'): WsSecuritySettings {
  return { token, lifeMs: life === null ? null : durationMs(life) }
}
