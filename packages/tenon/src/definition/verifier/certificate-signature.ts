import { verify as verifySignature, X509Certificate } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { durationMs, type Duration } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import {
  invalid,
  requireHeader,
  requireRecent,
  type RawRequest,
  type Verifier,
  type VerifierOutside,
} from '../verifier.ts'

const mostCertificates = 10
const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

export interface CertificateSignatureOptions {
  /** Before `transmission-id`, `transmission-time`, `transmission-sig`, `cert-url` and `auth-algo` in the headers' names; default `paypal-`. */
  readonly prefix?: string
  /** The field that holds the webhook's id, which is signed with the rest. */
  readonly field: string
  /** The provider's domains: the certificate is fetched from there and issued for there, and nowhere else. */
  readonly hosts: readonly string[]
  /** In PEM: whose certificates are trusted; default the public authorities. */
  readonly authorities?: readonly string[]
  /** How old a transmission may be; default 4 days, for PayPal repeats one for three. */
  readonly tolerance?: Duration
}

/**
 * RSA-SHA256 over `<transmission id>|<time>|<webhook id>|<CRC-32 of the body>` with the key of a certificate that the request names: PayPal's. The certificate is
 * fetched once, and its chain must end at one of the authorities.
 */
export function certificateSignature(options: CertificateSignatureOptions): Verifier {
  const { prefix = 'paypal-', field, hosts } = options
  const toleranceS = durationMs(options.tolerance ?? '4d') / 1000
  const known = new Map<string, X509Certificate>()

  async function fetched(
    url: string,
    nowMs: number,
    { fetch, authorities }: VerifierOutside,
  ): Promise<X509Certificate> {
    const answer = await fetch(url)
    if (!answer.ok)
      throw new TenonError(
        'UPSTREAM_UNAVAILABLE',
        `the certificate at ${new URL(url).host} was answered with status ${answer.status}`,
      )
    const chain = (await answer.text()).match(block) ?? []
    const roots = (options.authorities ?? authorities).map(parsed)
    const certificate = trusted(chain.map(parsed), { roots, hosts, nowMs })
    if (known.size >= mostCertificates) known.clear()
    known.set(url, certificate)
    return certificate
  }

  return {
    describe: `certificate signature in ${prefix}transmission-sig`,
    field,
    verify(request, secrets, nowMs, outside) {
      const sent = transmissionOf(request, prefix)
      requireHost(sent.url, hosts)
      const judge = (certificate: X509Certificate): void => {
        requireValid(certificate, nowMs)
        const isGenuine = secrets.some((id) => {
          const text = `${sent.id}|${sent.time}|${id}|${crc32(request.body)}`
          return verifySignature('sha256', Buffer.from(text), certificate.publicKey, sent.signature)
        })
        if (!isGenuine) throw invalid(`${prefix}transmission-sig does not match`)
        requireRecent(Date.parse(sent.time), nowMs, toleranceS, `${prefix}transmission-time`)
      }
      const certificate = known.get(sent.url)
      if (certificate !== undefined) return judge(certificate)
      if (outside === undefined) throw invalid('the certificate cannot be fetched here')
      return fetched(sent.url, nowMs, outside).then(judge)
    },
    // Only the provider holds the key.
    sign: () => ({}),
  }
}

function transmissionOf(request: RawRequest, prefix: string) {
  const read = (name: string): string => requireHeader(request, prefix + name)
  if (!/^SHA256withRSA$/i.test(read('auth-algo'))) throw invalid(`${prefix}auth-algo is not SHA256withRSA`)
  return {
    id: read('transmission-id'),
    time: read('transmission-time'),
    url: read('cert-url'),
    signature: Buffer.from(read('transmission-sig'), 'base64'),
  }
}

/** Before anything is fetched: whoever may name the certificate's place may forge everything. */
function requireHost(text: string, hosts: readonly string[]): void {
  const url = URL.canParse(text) ? new URL(text) : null
  const isOurs =
    url !== null &&
    url.protocol === 'https:' &&
    url.username === '' &&
    url.port === '' &&
    hosts.some((host) => isWithin(url.hostname, host))
  if (!isOurs) throw invalid("the address of the certificate is not the provider's")
}

function isWithin(name: string, host: string): boolean {
  return name === host || name.endsWith(`.${host}`)
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw invalid('the certificate cannot be read')
  }
}

/** The first one, when the chain leads from it to an authority and it was issued for the provider. */
function trusted(
  chain: readonly X509Certificate[],
  {
    roots,
    hosts,
    nowMs,
  }: { readonly roots: readonly X509Certificate[]; readonly hosts: readonly string[]; readonly nowMs: number },
): X509Certificate {
  const [own] = chain
  if (own === undefined) throw invalid('there is no certificate at its address')
  if (!hosts.some((host) => namesOf(own).some((name) => isWithin(name.replace(/^\*\./, ''), host))))
    throw invalid('the certificate was issued for another host')
  let last = own
  for (const next of chain.slice(1)) {
    if (!isIssuedBy(last, next)) break
    requireValid(next, nowMs)
    last = next
  }
  if (!roots.some((root) => isIssuedBy(last, root) || last.fingerprint256 === root.fingerprint256))
    throw invalid('the certificate was issued by nobody who is trusted')
  return own
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function namesOf({ subject, subjectAltName = '' }: X509Certificate): readonly string[] {
  const alternative = subjectAltName.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []))
  return [...alternative, ...subject.split('\n').flatMap((line) => (line.startsWith('CN=') ? [line.slice(3)] : []))]
}

function requireValid(certificate: X509Certificate, nowMs: number): void {
  if (nowMs > Date.parse(certificate.validTo) || nowMs < Date.parse(certificate.validFrom))
    throw invalid('the certificate is not valid now')
}
