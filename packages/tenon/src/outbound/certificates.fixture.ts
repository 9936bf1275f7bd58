import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}
const day = 86_400_000

/** PEM. */
export interface IssuedCertificate {
  readonly certificate: string
  readonly key: string
}

/** A certificate authority of a test, for servers on 127.0.0.1 and for clients. */
export interface TestAuthority extends IssuedCertificate {
  issue(options?: {
    readonly name?: string
    /** DNS names and addresses; default `localhost` and 127.0.0.1. */
    readonly hosts?: readonly string[]
    /** In days from now; negative for one that has expired. Default 1. */
    readonly days?: number
    /** Default false: an elliptic key. */
    readonly isRsa?: boolean
  }): Promise<IssuedCertificate>
}

export async function createAuthority(name = 'Test authority'): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 30 * day),
    notAfter: new Date(Date.now() + 30 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  })
  let serial = 1
  return {
    certificate: root.toString('pem'),
    key: await pem(keys.privateKey),
    async issue({ name = 'localhost', hosts = ['localhost', '127.0.0.1'], days = 1, isRsa = false } = {}) {
      const own = await crypto.subtle.generateKey(isRsa ? rsa : algorithm, true, ['sign', 'verify'])
      serial += 1
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, '0'),
        subject: `CN=${name}`,
        issuer: root.subject,
        notBefore: new Date(Date.now() - 20 * day),
        notAfter: new Date(Date.now() + days * day),
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            hosts.map((host) => ({ type: /^[\d.]+$|:/.test(host) ? 'ip' : 'dns', value: host }) as const),
          ),
        ],
      })
      return { certificate: certificate.toString('pem'), key: await pem(own.privateKey) }
    },
  }
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${bytes.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`
}
