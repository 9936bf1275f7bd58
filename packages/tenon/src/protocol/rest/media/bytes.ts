import { Buffer } from 'node:buffer'
import { textOf } from '../request/text.ts'
import { fileIn } from './file.ts'
import type { Media } from './media.ts'

export const bytesMedia: Media = {
  write(value) {
    const file = fileIn(value)
    if (file === null) return { body: new Uint8Array(Buffer.from(textOf(value))) }
    return { body: file.data, ...(file.type !== undefined && { type: file.type }) }
  },
  read: (body) => (body instanceof Uint8Array ? new Uint8Array(body) : new Uint8Array(Buffer.from(textOf(body)))),
}
