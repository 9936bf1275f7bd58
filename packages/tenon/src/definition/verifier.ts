import { createHmac, timingSafeEqual } from 'node:crypto'
import { durationMs, type Duration } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'

/** A request as it arrived; header names in lower case. */
export interface RawRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** Proves that a webhook comes from the provider, over the received bytes and before anything parses them. */
export interface Verifier {
  readonly describe: string
  /** Credential field of the connection that holds the secret; `null` for an explicitly unverified webhook. */
  readonly field: string | null
  /** Throws `SIGNATURE_INVALID` or `CLOCK_SKEW`. Any one of `secrets` may match, so that they can be rotated. */
  readonly verify: (request: RawRequest, secrets: readonly string[], nowMs: number) => void
  /** The headers that a genuine sender adds; used by simulators. With several secrets it signs with each, where its form has room for that, else with the first. */
  readonly sign: (body: string, secret: string | readonly string[], nowMs: number) => Record<string, string>
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
        return signatures.some((signature) => equalHex(signature, expected))
      })
      if (!genuine) throw invalid(`no v1 signature in ${options.header} matches`)
      // After the signature, so that a forger learns nothing of our clock; both directions, for a future date would stay valid for long.
      if (Math.abs(nowMs / 1000 - Number(timestamp)) > toleranceS) {
        throw new TenonError('CLOCK_SKEW', `the timestamp in ${options.header} is more than ${toleranceS} s from now`)
      }
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

/** `<prefix><hex>`: HMAC-SHA256 over the body (Meta's `X-Hub-Signature-256: sha256=…`). */
export function bodyHmac(options: { header: string; field: string; prefix?: string }): Verifier {
  const prefix = options.prefix ?? ''
  return {
    describe: `HMAC-SHA256 in ${options.header}`,
    field: options.field,
    verify(request, secrets) {
      const header = requireHeader(request, options.header)
      const genuine =
        header.startsWith(prefix) &&
        secrets.some((secret) =>
          equalHex(header.slice(prefix.length), createHmac('sha256', secret).update(request.body).digest('hex')),
        )
      if (!genuine) throw invalid(`${options.header} does not match`)
    },
    sign: (body, secret) => ({
      [options.header]: prefix + createHmac('sha256', first(secret)).update(body).digest('hex'),
    }),
  }
}

/** A fixed token in a header, for providers that sign nothing. */
export function staticToken(options: { header: string; field: string }): Verifier {
  return {
    describe: `fixed token in ${options.header}`,
    field: options.field,
    verify(request, secrets) {
      const header = Buffer.from(requireHeader(request, options.header))
      if (!secrets.some((secret) => equalBytes(header, Buffer.from(secret))))
        throw invalid(`${options.header} does not match`)
    },
    sign: (_body, secret) => ({ [options.header]: first(secret) }),
  }
}

/** Accepts anyone. The reason is shown at every start. */
export function unverified(reason: string): Verifier {
  return { describe: `unverified: ${reason}`, field: null, verify: () => undefined, sign: () => ({}) }
}

function first(secret: string | readonly string[]): string {
  return typeof secret === 'string' ? secret : (secret[0] ?? '')
}

function requireHeader(request: RawRequest, name: string): string {
  const header = request.headers[name]
  if (header === undefined || header === '') throw invalid(`the header ${name} is missing`)
  return header
}

// Compared as text: a digest in hex is made faster than one in bytes.
function equalHex(text: string, expected: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text) && equalBytes(Buffer.from(text.toLowerCase()), Buffer.from(expected))
}

function equalBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

function invalid(message: string): TenonError {
  return new TenonError('SIGNATURE_INVALID', message)
}
