import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { HmacSettings } from '../../definition/auth/hmac.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential, requireLine, unusable } from '../credentials.ts'
import { headerIn, percentEncoded, splitPath, withQuery } from '../percent.ts'

/** Signed by what the connector says, over the request as it is sent. */
export const scheme: AuthScheme = {
  open({ settings: declared, credentials, clock }) {
    const settings = declared as HmacSettings
    const fields = Object.fromEntries(
      Object.entries(credentials).map(([field, value]) => [field, requireLine(value.reveal(), field)]),
    )
    const key = keyOf(credential(credentials, settings.secret), settings)
    return {
      apply(request: BareRequest) {
        const moment: Moment = { settings, fields, nowMs: clock.now(), nonce: randomBytes(16).toString('hex') }
        add(request, moment, null)
        const text = filled(settings.sign, request, moment)
        add(request, moment, createHmac(settings.hash, key).update(text).digest(settings.encoding))
      },
    }
  },
}

interface Moment {
  readonly settings: HmacSettings
  readonly fields: Readonly<Record<string, string>>
  readonly nowMs: number
  readonly nonce: string
}

function keyOf(secret: string, { secret: field, secretEncoding }: HmacSettings): Buffer {
  requireLine(secret, field)
  if (secretEncoding === 'text') return Buffer.from(secret)
  const form = secretEncoding === 'hex' ? /^(?:[\da-f]{2})+$/i : /^[\w+/-]+={0,2}$/
  if (!form.test(secret)) throw unusable(field, `is not ${secretEncoding}, in which its provider shows it`)
  return Buffer.from(secret, secretEncoding)
}

/** Before there is a signature what does not hold it, afterwards what does. */
function add(request: BareRequest, moment: Moment, signature: string | null): void {
  const { headers, query } = moment.settings
  const isTurn = (template: string): boolean => template.includes('{signature}') === (signature !== null)
  for (const [name, template] of query)
    if (isTurn(template)) {
      const value = percentEncoded(String(filled(template, request, moment, signature)))
      request.path = withQuery(request.path, `${percentEncoded(name)}=${value}`)
    }
  for (const [name, template] of headers)
    if (isTurn(template)) request.headers.push(name.toLowerCase(), String(filled(template, request, moment, signature)))
}

/** Bytes where the body is: it need not be text. */
function filled(template: string, request: BareRequest, moment: Moment, signature: string | null = null): Buffer {
  const pieces = template
    .split(/\{([\w:-]+)\}/)
    .map((piece, index) => Buffer.from(index % 2 === 0 ? piece : valueOf(piece, request, moment, signature)))
  return Buffer.concat(pieces)
}

type Reader = (request: BareRequest, moment: Moment, signature: string | null) => string | Uint8Array

const readers: Readonly<Record<string, Reader>> = {
  method: ({ method }) => method,
  origin: ({ origin }) => origin,
  host: ({ origin }) => new URL(origin).host,
  path: ({ path }) => splitPath(path)[0],
  query: ({ path }) => splitPath(path)[1],
  target: ({ path }) => path,
  body: ({ body }) => body ?? '',
  bodyHash: ({ body }, { settings }) =>
    createHash(settings.hash)
      .update(body ?? '')
      .digest(settings.bodyHashEncoding),
  seconds: (_request, { nowMs }) => String(Math.floor(nowMs / 1000)),
  milliseconds: (_request, { nowMs }) => String(nowMs),
  iso: (_request, { nowMs }) => new Date(nowMs).toISOString(),
  httpDate: (_request, { nowMs }) => new Date(nowMs).toUTCString(),
  nonce: (_request, { nonce }) => nonce,
  signature: (_request, _moment, signature) => signature ?? '',
}

function valueOf(place: string, request: BareRequest, moment: Moment, signature: string | null): string | Uint8Array {
  if (Object.hasOwn(readers, place)) return readers[place]?.(request, moment, signature) ?? ''
  if (place.startsWith('header:')) return headerIn(request.headers, place.slice(7).toLowerCase())
  return moment.fields[place] ?? ''
}
