import { isUtf8 } from 'node:buffer'
import { TenonError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'

const mostFields = 1000

/** The value in a body, by its declared type and nothing else. Throws `MEDIA_TYPE_UNSUPPORTED` or `BODY_INVALID`. */
export function parseBody(contentType: string | undefined, body: Uint8Array): unknown {
  switch (kindOf(contentType)) {
    case 'json':
      return parseJson(text(body))
    case 'form':
      return parseForm(text(body))
    default:
      throw new TenonError(
        'MEDIA_TYPE_UNSUPPORTED',
        'the content type is neither application/json nor application/x-www-form-urlencoded, in UTF-8',
      )
  }
}

/** Remembered per header: senders use few of them. */
const kinds = new Map<string, 'json' | 'form' | null>()

function kindOf(contentType = ''): 'json' | 'form' | null {
  const known = kinds.get(contentType)
  if (known !== undefined) return known
  const kind = readKind(contentType)
  if (kinds.size < 100) kinds.set(contentType, kind)
  return kind
}

function readKind(contentType: string): 'json' | 'form' | null {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') return null
  // RFC 6839 §3.1: a type that ends in +json is JSON.
  if (type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) return 'json'
  return type === 'application/x-www-form-urlencoded' ? 'form' : null
}

function text(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new TenonError('BODY_INVALID', 'not valid UTF-8')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // RFC 8259 §8.1 lets a parser ignore a byte order mark.
  const start = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? 3 : 0
  return buffer.toString('utf8', start)
}

function parseForm(body: string): Record<string, string> {
  const form: Record<string, string> = {}
  let count = 0
  for (const [name, value] of new URLSearchParams(body)) {
    count += 1
    if (count > mostFields) throw new TenonError('BODY_INVALID', `more than ${mostFields} fields`)
    if (name === '__proto__') throw new TenonError('BODY_INVALID', 'a member named __proto__ is not accepted')
    form[name] = value
  }
  return form
}
