import { Secret } from '../../base/secret.ts'
import type { AuthScheme } from '../auth-scheme.ts'
import { credential, optionalCredential } from '../credentials.ts'
import { certificatesIn, pemOf, privateKeyOf, requirePair } from '../pem.ts'

/** RFC 8446 §4.4.2; checked here, for a handshake that fails says little. */
export const scheme: AuthScheme = {
  open({ credentials, clock }) {
    const certificate = pemOf(credential(credentials, 'certificate'))
    const key = pemOf(credential(credentials, 'privateKey'))
    const passphrase = optionalCredential(credentials, 'passphrase')
    const authority = optionalCredential(credentials, 'authority')
    const [own] = certificatesIn(certificate, 'certificate')
    requirePair(own, privateKeyOf(key, passphrase, 'privateKey'), {
      fields: ['certificate', 'privateKey'],
      nowMs: clock.now(),
    })
    if (authority !== null) certificatesIn(pemOf(authority), 'authority')
    return {
      apply: () => undefined,
      tls: {
        certificate,
        key: new Secret(key),
        ...(passphrase === null ? {} : { passphrase: new Secret(passphrase) }),
        ...(authority === null ? {} : { authority: pemOf(authority) }),
      },
    }
  },
}
