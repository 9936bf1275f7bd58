import { createPrivateKey, createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto'

export interface CertificateOptions {
  /** Its common name. */
  readonly subject: string
  readonly key: KeyObject
  /** Who signs it; left out: its own key. */
  readonly issuer?: { readonly name: string; readonly key: KeyObject }
  /** Addresses (IPv4) of a server; left out: it may sign others. */
  readonly addresses?: readonly string[]
}

/** A certificate of X.509 in PEM (RFC 5280 §4.1), for keys of RSA and of P-256. It is good from 2000 to 2049: a test's clock may stand anywhere there. */
export function makeCertificate({ subject, key, issuer, addresses }: CertificateOptions): string {
  const signer = issuer?.key ?? key
  const algorithm = signer.asymmetricKeyType === 'rsa' ? sequence(identifiers.rsaSha256, tagged(5)) : sequence(identifiers.ecdsaSha256) // prettier-ignore
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const content = sequence(
    tagged(0xa0, integer(2)),
    integer(1, ...randomBytes(12)),
    algorithm,
    named(issuer?.name ?? subject),
    sequence(tagged(0x17, Buffer.from('000101000000Z')), tagged(0x17, Buffer.from('491231235959Z'))),
    named(subject),
    publicKey,
    tagged(0xa3, sequence(addresses === undefined ? mayIssue : hosts(addresses))),
  )
  const der = sequence(content, algorithm, tagged(3, Buffer.from([0]), sign('sha256', content, signer)))
  return new X509Certificate(der).toString()
}

/** The same certificate, whatever stands around it. False for what is none. */
export function isSameCertificate(pem: string, other: string): boolean {
  try {
    return new X509Certificate(pem).raw.equals(new X509Certificate(other).raw)
  } catch {
    return false
  }
}

export function privateKeyIn(credentials: Readonly<Record<string, string>>, field: string): KeyObject {
  const { passphrase } = credentials
  const key = credentials[field] ?? ''
  return createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) })
}

export function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Distinguished Encoding Rules (X.690 §8.1, §10.1). */
function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tagged(0x30, ...contents)
}

/** Its first byte is below 0x80, or it would be negative. */
function integer(...bytes: readonly number[]): Buffer {
  return tagged(2, Buffer.from(bytes))
}

const identifiers = {
  rsaSha256: tagged(6, Buffer.from('2a864886f70d01010b', 'hex')),
  ecdsaSha256: tagged(6, Buffer.from('2a8648ce3d040302', 'hex')),
  commonName: tagged(6, Buffer.from('550403', 'hex')),
  basicConstraints: tagged(6, Buffer.from('551d13', 'hex')),
  alternativeName: tagged(6, Buffer.from('551d11', 'hex')),
}

function named(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(identifiers.commonName, tagged(0x0c, Buffer.from(commonName)))))
}

const yes = tagged(1, Buffer.from([0xff]))
const mayIssue = sequence(identifiers.basicConstraints, yes, tagged(4, sequence(yes)))

function hosts(addresses: readonly string[]): Buffer {
  const names = addresses.map((address) => tagged(0x87, Buffer.from(address.split('.').map(Number))))
  return sequence(identifiers.alternativeName, tagged(4, sequence(...names)))
}
