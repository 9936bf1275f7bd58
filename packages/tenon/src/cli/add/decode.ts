import { descriptionInvalid } from '../../protocol/invalid.ts'

/** The text of a document: by its mark of byte order, by what an XML declaration says, and otherwise UTF-8. Throws `DESCRIPTION_INVALID`. */
export function decodeDocument(bytes: Uint8Array, location: string): string {
  const encoding = encodingOf(bytes)
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw descriptionInvalid(location, '', `is no text in ${encoding}`)
  }
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1')
  return /^\s*<\?xml[^>]*\sencoding=["']([\w-]+)["']/.exec(head)?.[1] ?? 'utf-8'
}
