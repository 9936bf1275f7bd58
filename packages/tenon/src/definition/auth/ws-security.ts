import { durationMs, type Duration } from '../../base/duration.ts'
import type { AuthDeclaration } from '../auth.ts'

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
      certificate: { label: 'Certificate (PEM)', secret: false },
      privateKey: { label: 'Private key (PEM, RSA)' },
      passphrase: { label: 'Passphrase of the private key', optional: true },
    },
    settings: settingsOf('certificate', life),
  }
}

function settingsOf(token: WsSecuritySettings['token'], life: Duration | null = '5m'): WsSecuritySettings {
  return { token, lifeMs: life === null ? null : durationMs(life) }
}
