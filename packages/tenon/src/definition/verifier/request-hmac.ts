import { createHmac } from 'node:crypto'
import { durationMs, type Duration } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import {
  equalDigest,
  first,
  invalid,
  requireHeader,
  requireRecent,
  type HmacForm,
  type RawRequest,
  type Verifier,
} from '../verifier.ts'

const places = ['method', 'url', 'decodedUrl', 'timestamp', 'body'] as const
type Place = (typeof places)[number]

export interface RequestHmacOptions extends HmacForm {
  readonly header: string
  readonly field: string
  /** What is signed, with `{method}`, `{url}`, `{decodedUrl}`, `{timestamp}` and `{body}`, such as `v0:{timestamp}:{body}`. */
  readonly content: string
  readonly timestamp: {
    readonly header: string
    /** How the header tells it. */
    readonly unit: 's' | 'ms' | 'iso'
    /** Default 5 minutes, in both directions. */
    readonly tolerance?: Duration
  }
}

/** HMAC over a request and the time in another header: Slack's, Zendesk's, HubSpot's v3. Throws `APP_INVALID` for a place that there is not, or a content without body and time. */
export function requestHmac(options: RequestHmacOptions): Verifier {
  const { header, field, hash = 'sha256', encoding = 'hex', prefix = '', timestamp } = options
  const toleranceS = durationMs(timestamp.tolerance ?? '5m') / 1000
  const pieces = piecesOf(options.content)
  const digest = (secret: string, request: Signed): string => {
    const hmac = createHmac(hash, secret)
    pieces.forEach((piece, index) => hmac.update(index % 2 === 0 ? piece : valueOf(piece as Place, request)))
    return prefix + hmac.digest(encoding)
  }
  return {
    describe: `HMAC-${hash.toUpperCase()} with timestamp in ${header}`,
    field,
    verify(request, secrets, nowMs) {
      const given = requireHeader(request, header)
      const time = requireHeader(request, timestamp.header)
      const signed = { ...partsOf(request), timestamp: time }
      if (!secrets.some((secret) => equalDigest(given, digest(secret, signed))))
        throw invalid(`${header} does not match`)
      requireRecent(timeOf(time, timestamp.unit), nowMs, toleranceS, timestamp.header)
    },
    sign(body, secret, nowMs, target = { method: 'POST', url: '' }) {
      const time = writtenTime(nowMs, timestamp.unit)
      const signed = { ...target, body: Buffer.from(body), timestamp: time }
      return { [header]: digest(first(secret), signed), [timestamp.header]: time }
    },
  }
}

type Signed = Pick<RawRequest, 'method' | 'body'> & { readonly url: string; readonly timestamp: string }

function partsOf({ method, body, url = '' }: RawRequest): Omit<Signed, 'timestamp'> {
  return { method, body, url }
}

function piecesOf(content: string): readonly string[] {
  const pieces = content.split(/\{(\w+)\}/)
  const named = pieces.filter((_piece, index) => index % 2 === 1)
  const strange = named.find((name) => !(places as readonly string[]).includes(name))
  if (strange === undefined && named.includes('body') && named.includes('timestamp')) return pieces
  throw new TenonError(
    'APP_INVALID',
    `requestHmac: content ${strange === undefined ? 'covers not both body and timestamp' : `names {${strange}}`}; there are ${places.join(', ')}`,
  )
}

function valueOf(place: Place, { method, url, body, timestamp }: Signed): string | Uint8Array {
  switch (place) {
    case 'method':
      return method
    case 'url':
      return url
    case 'decodedUrl':
      return url.replace(decoded, (code) => decodeURIComponent(code))
    case 'timestamp':
      return timestamp
    default:
      return body
  }
}

/** HubSpot, "Validating requests": `: / ? @ ! $ ' ( ) * , ;` are decoded, and nothing else. */
const decoded = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

function timeOf(text: string, unit: 's' | 'ms' | 'iso'): number {
  if (unit === 'iso') return Date.parse(text)
  return /^\d{1,16}$/.test(text) ? Number(text) * (unit === 's' ? 1000 : 1) : Number.NaN
}

function writtenTime(nowMs: number, unit: 's' | 'ms' | 'iso'): string {
  if (unit === 'iso') return new Date(nowMs).toISOString()
  return String(unit === 's' ? Math.floor(nowMs / 1000) : nowMs)
}
