import { parseJson, writeJson } from '../../../base/json.ts'
import { decoded } from './decoded.ts'
import type { Media } from './media.ts'

export const jsonMedia: Media = {
  // A text would be taken for a finished body, and null for none.
  write: (value) => ({
    body: typeof value === 'object' && value !== null && !(value instanceof Uint8Array) ? value : writeJson(value),
  }),
  // Some say text/plain and send JSON.
  read: (body, _context, type) =>
    body instanceof Uint8Array || (typeof body === 'string' && !/[/+]json\b/i.test(type))
      ? parseJson(decoded(body, type))
      : body,
}
