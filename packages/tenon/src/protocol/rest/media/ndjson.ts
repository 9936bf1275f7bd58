import { parseJson, writeJson } from '../../../base/json.ts'
import { bodyInvalid } from '../request/text.ts'
import { decoded } from './decoded.ts'
import type { Media } from './media.ts'

/** RFC 7464 §2.1. */
const recordSeparator = '\u001E'

/** A value of JSON in each line; each may begin with a record separator. */
export const ndjsonMedia: Media = {
  write(value) {
    const lines = Array.isArray(value) ? (value as unknown[]) : [value]
    return { body: lines.map((line) => `${writeJson(line)}\n`).join('') }
  },
  read(body, _context, type) {
    if (Array.isArray(body)) return body
    if (!(body instanceof Uint8Array) && typeof body !== 'string') return [body]
    const lines = decoded(body, type).split('\n')
    return lines.flatMap((line, index) => {
      const text = (line.startsWith(recordSeparator) ? line.slice(1) : line).trim()
      if (text === '') return []
      try {
        return [parseJson(text)]
      } catch {
        throw bodyInvalid(`its line ${index + 1} is not valid JSON`)
      }
    })
  },
}
