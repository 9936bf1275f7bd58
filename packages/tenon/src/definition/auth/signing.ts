import { createHash, createHmac } from 'node:crypto'
import { headerIn, splitPath } from '../request-text.ts'
import type { HmacSettings, SigningTemplate } from './hmac.ts'

/** A request as it is signed. */
export interface SignedRequest {
  readonly method: string
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** Name, value, name, value. */
  readonly headers: readonly string[]
  readonly body: string | Uint8Array | null
}

/** What a template tells of the moment. */
export type Moment = Readonly<Record<TimePlace | 'nonce', string>>

type TimePlace = 'seconds' | 'milliseconds' | 'iso' | 'httpDate'
export const timePlaces: readonly string[] = ['seconds', 'milliseconds', 'iso', 'httpDate'] satisfies TimePlace[]

/** What the places of a template are filled from. */
export interface Signing {
  readonly settings: HmacSettings
  readonly request: SignedRequest
  readonly fields: Readonly<Record<string, string>>
  readonly moment: Moment
}

export function momentAt(nowMs: number, nonce: string): Moment {
  const date = new Date(nowMs)
  return {
    seconds: String(Math.floor(nowMs / 1000)),
    milliseconds: String(nowMs),
    iso: date.toISOString(),
    httpDate: date.toUTCString(),
    nonce,
  }
}

export function signatureOf(key: Buffer, signing: Signing): string {
  const { hash, sign, encoding } = signing.settings
  return createHmac(hash, key).update(filled(sign, signing)).digest(encoding)
}

/** Bytes where the body is: it need not be text. */
export function filled(template: SigningTemplate, signing: Signing, signature = ''): Buffer {
  const pieces = piecesOf(template).map((piece, index) =>
    Buffer.from(index % 2 === 0 ? piece : valueOf(piece, signing, signature)),
  )
  return Buffer.concat(pieces)
}

/** Text, name of a place, text, … */
export function piecesOf(template: SigningTemplate): readonly string[] {
  return template.split(/\{([\w:-]+)\}/)
}

/** The names of the places in a template, in order. */
export function placesIn(template: SigningTemplate): readonly string[] {
  return piecesOf(template).filter((_piece, index) => index % 2 === 1)
}

type Reader = (signing: Signing) => string | Uint8Array

const readers: Readonly<Record<string, Reader>> = {
  method: ({ request }) => request.method,
  origin: ({ request }) => request.origin,
  host: ({ request }) => new URL(request.origin).host,
  path: ({ request }) => splitPath(request.path)[0],
  query: ({ request }) => splitPath(request.path)[1],
  target: ({ request }) => request.path,
  body: ({ request }) => request.body ?? '',
  bodyHash: ({ request, settings }) =>
    createHash(settings.hash)
      .update(request.body ?? '')
      .digest(settings.bodyHashEncoding),
}

function valueOf(place: string, signing: Signing, signature: string): string | Uint8Array {
  if (place === 'signature') return signature
  if (Object.hasOwn(readers, place)) return readers[place]?.(signing) ?? ''
  if (Object.hasOwn(signing.moment, place)) return signing.moment[place as keyof Moment]
  if (place.startsWith('header:')) return headerIn(signing.request.headers, place.slice(7).toLowerCase())
  return signing.fields[place] ?? ''
}
