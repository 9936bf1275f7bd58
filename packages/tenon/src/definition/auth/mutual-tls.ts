import type { AuthDeclaration } from '../auth.ts'

/** The connection shows a client certificate when it connects (RFC 8446 §4.4.2). All fields are PEM; the certificate may bring its chain. */
export function mutualTls(): AuthDeclaration<'certificate' | 'privateKey' | 'passphrase' | 'authority'> {
  return {
    scheme: 'mutual-tls',
    fields: {
      certificate: { label: 'Client certificate (PEM), with its chain', pem: true, secret: false },
      privateKey: { label: 'Private key (PEM)', pem: true },
      passphrase: { label: 'Passphrase of the private key', optional: true },
      authority: { label: "The provider's own authority (PEM)", pem: true, secret: false, optional: true },
    },
    settings: null,
  }
}
