import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { unusable } from './credentials.ts'

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

const squeezed = /(-----BEGIN [A-Z\d ]+-----)([^-]+)(-----END [A-Z\d ]+-----)/g

/** With its line breaks: an environment variable often holds `\n` for them, and a form of one line has taken them away. */
export function pemOf(value: string): string {
  const text = value.replaceAll('\\n', '\n').trim()
  if (text.includes('\n')) return text
  return text.replace(squeezed, (_all, begin: string, body: string, end: string) => {
    const lines = body.replace(/\s/g, '').match(/.{1,64}/g) ?? []
    return `${[begin, ...lines, end].join('\n')}\n`
  })
}

/** The certificates in a PEM text, the first one first. Throws `APP_INVALID` naming the field. */
export function certificatesIn(pem: string, field: string): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...rest] = (pem.match(block) ?? []).map((text) => parsed(text, field))
  if (first === undefined) throw unusable(field, 'is no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----')
  return [first, ...rest]
}

function parsed(text: string, field: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch {
    throw unusable(field, 'has a PEM certificate that is damaged: copy it whole')
  }
}

/** Throws `APP_INVALID` naming the field. */
export function privateKeyOf(pem: string, passphrase: string | null, field: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === null ? {} : { passphrase }) })
  } catch {
    const isLocked = /ENCRYPTED/.test(pem)
    throw unusable(
      field,
      isLocked ? 'is encrypted, and its passphrase is missing or wrong' : 'is no private key in PEM',
    )
  }
}

/** Throws `APP_INVALID` for a key that belongs to another certificate, and for a certificate that is not valid now. */
export function requirePair(
  certificate: X509Certificate,
  key: KeyObject,
  { fields, nowMs }: { readonly fields: readonly [certificate: string, key: string]; readonly nowMs: number },
): void {
  const [name, keyName] = fields
  if (!certificate.checkPrivateKey(key)) throw unusable(keyName, `does not belong to ${name}`)
  if (nowMs > Date.parse(certificate.validTo)) throw unusable(name, `has expired on ${certificate.validTo}`)
  if (nowMs < Date.parse(certificate.validFrom)) throw unusable(name, `is valid from ${certificate.validFrom} only`)
}
