import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { TenonError, type ErrorCode } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { Fate } from './retry.ts'

/** How a connection shows itself, and whom it trusts. PEM. */
export interface TlsOptions {
  readonly certificate?: string
  readonly key?: Secret
  readonly passphrase?: Secret
  /** In place of the public authorities. */
  readonly authority?: string
}

/** One for all sockets of a transport. Throws `CREDENTIALS_REFUSED` for a certificate that cannot be used; the key's text never shows. */
export function secureContextOf({ certificate, key, passphrase, authority }: TlsOptions): SecureContext {
  try {
    // Node would take a text without a certificate for an empty list of authorities; this throws.
    if (authority !== undefined) new X509Certificate(authority).toString()
    return createSecureContext({
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key: key.reveal() }),
      ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }),
      ...(authority === undefined ? {} : { ca: authority }),
    })
  } catch (error) {
    const reason = (error as { code?: string }).code ?? 'unreadable'
    throw new TenonError(
      'CREDENTIALS_REFUSED',
      `the client certificate, its key or the authority cannot be used (${reason}); expected PEM, a key that belongs to the certificate, and its passphrase where it has one`,
      { details: { fate: 'not-sent', reason } },
    )
  }
}

interface Meaning {
  readonly code: ErrorCode
  readonly fate: Fate
  readonly message: string
}

/** What is wrong with the other side's certificate: nothing has been sent yet. */
const theirs: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired; the provider must renew it',
  CERT_NOT_YET_VALID: 'is not valid yet; look at the clock of this machine',
  CERT_REVOKED: 'was revoked; the provider must replace it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself; give the connection its authority if that is meant',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host; look at the address of the connection',
  HOSTNAME_MISMATCH: 'is for another host; look at the address of the connection',
  INVALID_PURPOSE: 'is not one for servers; the provider must replace it',
  SELF_SIGNED_CERT_IN_CHAIN:
    'is from an authority that is not trusted; give the connection that authority if it is the right one',
  UNABLE_TO_GET_ISSUER_CERT:
    'is from an authority that is not trusted; give the connection that authority if it is the right one',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'is from an authority that is not trusted; give the connection that authority if it is the right one',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'came without those between it and its authority; the provider must send the whole chain, or give the connection the authority',
}

const ourCertificate =
  /ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|UNKNOWN_CA|ACCESS_DENIED)$/

/** What a failure of TLS means, `null` for another. `isUnsent`: it came before the request could leave. */
export function tlsFailure(reason: string, origin: string, isUnsent: boolean): Meaning | null {
  if (!isUnsent && !ourCertificate.test(reason)) return null
  const wrong = Object.hasOwn(theirs, reason) ? theirs[reason] : undefined
  if (wrong !== undefined)
    return { code: 'TLS_FAILED', fate: 'not-sent', message: `the certificate of ${origin} ${wrong} (${reason})` }
  if (ourCertificate.test(reason)) {
    return {
      code: 'CREDENTIALS_REFUSED',
      // In TLS 1.3 it comes after the request, which nobody has read (RFC 8446 §4.4.2.4, §6.2).
      fate: isUnsent ? 'not-sent' : 'answered',
      message: reason.endsWith('CERTIFICATE_REQUIRED')
        ? `${origin} demands a client certificate, and the connection has none (${reason}); use an auth scheme with a certificate`
        : `${origin} refused the client certificate (${reason}); look whether it is the right one and has not expired`,
    }
  }
  if (!/^(?:ERR_SSL_|ERR_TLS_|CERT_|EPROTO$)/.test(reason)) return null
  const hint =
    reason.includes('WRONG_VERSION_NUMBER') || reason.includes('PACKET_LENGTH')
      ? 'it speaks no TLS at this port; look at the address of the connection'
      : 'TLS 1.2 or newer is needed'
  return { code: 'TLS_FAILED', fate: 'not-sent', message: `no secure connection to ${origin} (${reason}): ${hint}` }
}
