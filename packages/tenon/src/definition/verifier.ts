import { createHmac, timingSafeEqual } from 'node:crypto'
import { durationMs, type Duration } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'

/** A request as it arrived; header names in lower case. */
export interface RawRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  /** The whole address as its sender knows it, for signatures that cover it. */
  readonly url?: string
  /** Who sent it. What a proxy says of that counts only where the proxy is one of ours. */
  readonly remoteAddress?: string
  /** The sender's certificate, in PEM, as one of our proxies has seen and checked it. */
  readonly clientCertificate?: string
}

/** Where a webhook goes, for signatures that cover it. */
export interface SignedTarget {
  readonly method: string
  readonly url: string
}

/** What a verifier may reach, where a secret alone proves nothing. */
export interface VerifierOutside {
  /** Through the guard. */
  readonly fetch: typeof globalThis.fetch
  /** The public authorities, in PEM. */
  readonly authorities: readonly string[]
}

/** Proves that a webhook comes from the provider, over the received bytes and before anything parses them. */
export interface Verifier {
  readonly describe: string
  /** Credential field of the connection that holds the secret; `null` where there is none. */
  readonly field: string | null
  /** Nothing is proved, and somebody has said that this is meant. Shown at every start and audited. */
  readonly isUnverified?: true
  /**
   * Throws `SIGNATURE_INVALID` or `CLOCK_SKEW`. Any one of `secrets` may match, so that they can be rotated. At once wherever possible; a promise where something
   * must be fetched first.
   */
  readonly verify: (
    request: RawRequest,
    secrets: readonly string[],
    nowMs: number,
    outside?: VerifierOutside,
  ) => void | Promise<void>
  /** The headers that a genuine sender adds; used by simulators. With several secrets it signs with each, where its form has room for that, else with the first. */
  readonly sign: (
    body: string,
    secret: string | readonly string[],
    nowMs: number,
    target?: SignedTarget,
  ) => Record<string, string>
}

/** `t=<seconds>,v1=<hex>`: HMAC-SHA256 over `<t>.<body>`, any `v1` may match (Stripe, "Verify webhook signatures manually"). */
export function timestampedHmac(options: { header: string; field: string; tolerance?: Duration }): Verifier {
  const toleranceS = durationMs(options.tolerance ?? '5m') / 1000
  return {
    describe: `HMAC-SHA256 with timestamp in ${options.header}`,
    field: options.field,
    verify(request, secrets, nowMs) {
      const { timestamp, signatures } = parseTimestamped(requireHeader(request, options.header))
      if (timestamp === null || signatures.length === 0) throw invalid(`${options.header} is not of the form t=…,v1=…`)
      const genuine = secrets.some((secret) => {
        const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(request.body).digest('hex')
        return signatures.some((signature) => equalDigest(signature, expected))
      })
      if (!genuine) throw invalid(`no v1 signature in ${options.header} matches`)
      requireRecent(Number(timestamp) * 1000, nowMs, toleranceS, options.header)
    },
    sign(body, secret, nowMs) {
      const timestamp = Math.floor(nowMs / 1000)
      const signatures = (typeof secret === 'string' ? [secret] : secret).map(
        (one) => `v1=${createHmac('sha256', one).update(`${timestamp}.${body}`).digest('hex')}`,
      )
      return { [options.header]: [`t=${timestamp}`, ...signatures].join(',') }
    },
  }
}

function parseTimestamped(header: string): { timestamp: string | null; signatures: string[] } {
  let timestamp: string | null = null
  const signatures: string[] = []
  for (const part of header.split(',')) {
    const at = part.indexOf('=')
    const [name, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()]
    if (name === 't' && /^\d{1,12}$/.test(value)) timestamp = value
    else if (name === 'v1') signatures.push(value)
  }
  return { timestamp, signatures }
}

/** How a keyed hash is made and written. */
export interface HmacForm {
  /** Default `sha256`. */
  readonly hash?: 'sha1' | 'sha256' | 'sha512'
  /** Default `hex`. */
  readonly encoding?: 'hex' | 'base64'
  /** Before it, such as `sha256=`. */
  readonly prefix?: string
}

/** `<prefix><hash>`: HMAC over the body, such as Meta's and GitHub's `X-Hub-Signature-256: sha256=…` or, in base64, Shopify's, WooCommerce's and Xero's. */
export function bodyHmac({
  header,
  field,
  hash = 'sha256',
  encoding = 'hex',
  prefix = '',
}: HmacForm & { header: string; field: string }): Verifier {
  return {
    describe: `HMAC-${hash.toUpperCase()} in ${header}`,
    field,
    verify(request, secrets) {
      const given = requireHeader(request, header)
      const genuine =
        given.startsWith(prefix) &&
        secrets.some((secret) =>
          equalDigest(given.slice(prefix.length), createHmac(hash, secret).update(request.body).digest(encoding)),
        )
      if (!genuine) throw invalid(`${header} does not match`)
    },
    sign: (body, secret) => ({
      [header]: prefix + createHmac(hash, first(secret)).update(body).digest(encoding),
    }),
  }
}

/** Accepts anyone. The reason is shown at every start. */
export function unverified(reason: string): Verifier {
  return {
    describe: `unverified: ${reason}`,
    field: null,
    isUnverified: true,
    verify: () => undefined,
    sign: () => ({}),
  }
}

/** The secret that signs where a form has room for one. */
export function first(secret: string | readonly string[]): string {
  return typeof secret === 'string' ? secret : (secret[0] ?? '')
}

/** Throws `SIGNATURE_INVALID`. */
export function requireHeader(request: RawRequest, name: string): string {
  const header = request.headers[name]
  if (header === undefined || header === '') throw invalid(`the header ${name} is missing`)
  return header
}

/** Of the same digest, in as long as it takes for any; hexadecimal digits may be large. Compared as text: a digest in hex is made faster than one in bytes. */
export function equalDigest(given: string, expected: string): boolean {
  const text = given.length === expected.length && /^[0-9a-f]+$/.test(expected) ? given.toLowerCase() : given
  return equalText(text, expected)
}

/** In as long as it takes for any text of that length. */
export function equalText(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** After the signature, so that a forger learns nothing of our clock; both directions, for a future date would stay valid for long. Throws `CLOCK_SKEW`. */
export function requireRecent(timeMs: number, nowMs: number, toleranceS: number, header: string): void {
  if (!(Math.abs(nowMs - timeMs) <= toleranceS * 1000))
    throw new TenonError('CLOCK_SKEW', `the timestamp in ${header} is more than ${toleranceS} s from now`)
}

export function invalid(message: string): TenonError {
  return new TenonError('SIGNATURE_INVALID', message)
}
