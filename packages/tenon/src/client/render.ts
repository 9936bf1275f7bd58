import type { RawAnswer, SendRequest } from '../outbound/outbound.ts'
import { isSecretName } from '../telemetry/secret-name.ts'
import { censored } from '../telemetry/secret-text.ts'
import { single } from './answer.ts'

/** A request as it was sent, without its secrets. */
export interface RequestView {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** `null` for none. */
  readonly body: string | null
  /** The body, the URL or a header is longer than shown. */
  readonly truncated: boolean
}

export interface AnswerView {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly truncated: boolean
}

/** Most characters that are shown. */
export interface Size {
  readonly body: number
  /** Of the URL, and of one header. */
  readonly line: number
  /** Of all headers together. */
  readonly headers: number
}

export type Redact = (text: string) => string

/** Cut only after what is a little longer was masked: a secret at the edge must not be shown by half. */
const margin = 4_096

/** From `ownHeaders` on stands what authenticates the request: nothing of that is shown. */
export function renderRequest(
  { request, ownHeaders }: { readonly request: SendRequest; readonly ownHeaders: number },
  redact: Redact,
  size: Size,
): RequestView {
  const { origin, method, path, headers, body } = request
  const pairs: [string, string][] = []
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] as string
    pairs.push([headers[index] as string, index < ownHeaders ? value : censored])
  }
  const cut = cutter(redact)
  const type = pairs.find(([name]) => name === 'content-type')?.[1] ?? ''
  const rendered = {
    method,
    url: cut.text(origin + path, size.line),
    headers: headersOf(pairs, cut, size),
    body: body === null ? null : cut.body(body, type, size.body),
  }
  return { ...rendered, truncated: cut.hasCut }
}

export function renderAnswer({ status, headers, body }: RawAnswer, redact: Redact, size: Size): AnswerView {
  const cut = cutter(redact)
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, single(value)])
  const rendered = {
    status,
    headers: headersOf(pairs, cut, size),
    body: body.length === 0 ? null : cut.body(body, single(headers['content-type']), size.body),
  }
  return { ...rendered, truncated: cut.hasCut }
}

function headersOf(pairs: readonly (readonly [string, string])[], cut: Cutter, size: Size): Record<string, string> {
  const shown: Record<string, string> = Object.create(null) as Record<string, string>
  let left = size.headers
  for (const [name, value] of pairs) {
    // Redacted with its name before it: what a value means stands there.
    const text = isSecretName(name) ? censored : cut.text(value, Math.min(size.line, left))
    left -= name.length + text.length
    if (left < 0) cut.hasCut = true
    else shown[name] = text
  }
  return { ...shown }
}

interface Cutter {
  hasCut: boolean
  text(text: string, most: number): string
  body(body: string | Uint8Array, type: string, most: number): string
}

function cutter(redact: Redact): Cutter {
  const cut: Cutter = {
    hasCut: false,
    text(text, most) {
      const masked = redact(text.slice(0, most + margin))
      if (text.length <= most + margin && masked.length <= most) return masked
      cut.hasCut = true
      return masked.slice(0, Math.max(0, most)).toWellFormed()
    },
    body(body, type, most) {
      if (typeof body === 'string') return cut.text(body, most)
      if (!isText(type)) return `(${body.length} bytes${type === '' ? '' : ` of ${type.slice(0, 100)}`})`
      // A character has four bytes at most.
      const bytes = body.subarray(0, 4 * (most + margin))
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
      const shown = cut.text(text, most)
      if (bytes.length < body.length) cut.hasCut = true
      return shown
    },
  }
  return cut
}

function isText(type: string): boolean {
  return type === '' || /^text\/|json|xml|urlencoded|graphql|javascript/i.test(type)
}
