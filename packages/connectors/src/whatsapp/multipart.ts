import { TenonError } from 'tenon'

/** One part of a `multipart/form-data` body (RFC 7578). */
interface Part {
  readonly filename: string | null
  readonly type: string
  readonly content: Buffer
}

export interface File {
  readonly filename: string
  readonly type: string
  readonly content: Uint8Array
}

/** A body of fields and one file. The boundary is long and random enough for no content to hold it. */
export function writeMultipart(fields: Readonly<Record<string, string>>, file: File, boundary: string): Buffer {
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.filename}"\r\nContent-Type: ${file.type}\r\n\r\n`
  return Buffer.concat([Buffer.from(texts.join('') + head), file.content, Buffer.from(`\r\n--${boundary}--\r\n`)])
}

/** The parts by name. Throws `BODY_INVALID`. */
export function readMultipart(contentType: string, body: Uint8Array): ReadonlyMap<string, Part> {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]{1,70})"?/i.exec(contentType)?.[1]
  if (boundary === undefined) throw new TenonError('BODY_INVALID', 'the body is not multipart/form-data')
  // As latin1 each byte is one character, and none is lost.
  const pieces = Buffer.from(body).toString('latin1').split(`--${boundary}`)
  const parts = pieces.slice(1, -1).map((piece) => partOf(piece))
  return new Map(parts)
}

function partOf(piece: string): [string, Part] {
  const end = piece.indexOf('\r\n\r\n')
  const head = piece.slice(0, end)
  const name = /name="([^"]*)"/.exec(head)?.[1]
  if (end < 0 || name === undefined) throw new TenonError('BODY_INVALID', 'a part of the body has no name')
  const content = Buffer.from(piece.slice(end + 4).replace(/\r\n$/, ''), 'latin1')
  const filename = /filename="([^"]*)"/.exec(head)?.[1] ?? null
  const type = /content-type: *([^\r\n;]+)/i.exec(head)?.[1]?.trim() ?? 'text/plain'
  return [name, { filename, type, content }]
}
