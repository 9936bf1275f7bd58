import { X509Certificate } from 'node:crypto'
import { equalText, invalid, type RawRequest, type Verifier } from '../verifier.ts'

/**
 * Mutual TLS, which ends at a proxy of ours: it asks for the certificate, checks its chain and hands it on (`TENON_PROXIES`, `TENON_CLIENT_CERTIFICATE_HEADER`). Here it must be
 * the provider's: by its common name, or by its SHA-256 fingerprint in the credential that is named.
 */
export function clientCertificate(expected: { readonly commonName: string } | { readonly field: string }): Verifier {
  const field = 'field' in expected ? expected.field : null
  return {
    describe: 'commonName' in expected ? `client certificate of ${expected.commonName}` : 'client certificate',
    field,
    verify(request, secrets, nowMs) {
      const certificate = certificateOf(request)
      if (nowMs > Date.parse(certificate.validTo) || nowMs < Date.parse(certificate.validFrom))
        throw invalid('the client certificate is not valid now')
      const isExpected =
        'commonName' in expected
          ? commonNameOf(certificate) === expected.commonName
          : secrets.some((secret) => equalText(plain(certificate.fingerprint256), plain(secret)))
      if (!isExpected) throw invalid('the client certificate is not the provider’s')
    },
    // The connection shows it, and no header.
    sign: () => ({}),
  }
}

function certificateOf({ clientCertificate: pem }: RawRequest): X509Certificate {
  if (pem === undefined) throw invalid('there is no client certificate from a proxy of ours')
  try {
    return new X509Certificate(pem)
  } catch {
    throw invalid('the client certificate cannot be read')
  }
}

function commonNameOf({ subject }: X509Certificate): string | undefined {
  const names = subject.split('\n').filter((line) => line.startsWith('CN='))
  return names.length === 1 ? names[0]?.slice(3) : undefined
}

/** `AB:CD` and `abcd` are the same. */
function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
