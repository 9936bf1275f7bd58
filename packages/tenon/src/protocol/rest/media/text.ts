import { textOf } from '../request/text.ts'
import { decoded } from './decoded.ts'
import type { Media } from './media.ts'

export const textMedia: Media = {
  write: (value) => ({ body: textOf(value) }),
  // JSON where a text was described is told as the text that it was, or nearly.
  read: (body, _context, type) =>
    typeof body === 'string' || body instanceof Uint8Array ? decoded(body, type) : textOf(body),
}
