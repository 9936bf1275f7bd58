import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { itemSchema, memberSchema, typesOf, type Look } from '../look.ts'
import { typedPart } from '../request/read-styles.ts'
import { bodyInvalid, isRecord, textOf } from '../request/text.ts'
import type { JsonSchema } from '../../../schema/schema.ts'
import { fileIn } from './file.ts'
import type { Media, MediaContext } from './media.ts'

const mostParts = 1000

interface Part {
  readonly name: string
  readonly filename?: string
  readonly type?: string
  readonly data: Uint8Array
}

/** `multipart/form-data` (RFC 7578): a part for each member, and for each item of a list. */
export const multipartMedia: Media = {
  write(value, context) {
    // Nobody who writes a value can guess it, so no value can end a part.
    const boundary = `tenon-${randomBytes(24).toString('base64url')}`
    const parts = Object.entries(isRecord(value) ? value : {}).flatMap(([name, member]) => {
      if (member === undefined) return []
      return (Array.isArray(member) ? (member as unknown[]) : [member]).map((one) => partOf(name, one, context))
    })
    const chunks = parts.flatMap((part) => [
      Buffer.from(`--${boundary}\r\n${headOf(part)}\r\n\r\n`),
      part.data,
      Buffer.from('\r\n'),
    ])
    const body = new Uint8Array(Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]))
    return { body, type: `${context.type.split(';', 1)[0]}; boundary=${boundary}` }
  },
  read(body, context, type) {
    if (!(body instanceof Uint8Array)) throw bodyInvalid('expected multipart')
    const boundary = /boundary="?([^";,\s]{1,70})"?/i.exec(type)?.[1]
    if (boundary === undefined) throw bodyInvalid('content-type names no boundary')
    return together(partsIn(Buffer.from(body.buffer, body.byteOffset, body.byteLength), boundary), context)
  },
}

function partOf(name: string, value: unknown, { encoding }: MediaContext): Part {
  const said = (Object.hasOwn(encoding, name) ? encoding[name] : undefined)?.contentType
  const type = said === undefined || /[,*]/.test(said) ? undefined : said
  const file = fileIn(value)
  if (file !== null)
    return { name, filename: file.name ?? name, type: file.type ?? type ?? 'application/octet-stream', data: file.data }
  const isPlain = !isRecord(value) && !Array.isArray(value)
  return {
    name,
    ...((type !== undefined || !isPlain) && { type: type ?? 'application/json' }),
    data: Buffer.from(textOf(value)),
  }
}

/** Names as browsers escape them, and one line for each header. */
function headOf({ name, filename, type }: Part): string {
  const file = filename === undefined ? '' : `; filename="${escaped(filename)}"`
  const head = `Content-Disposition: form-data; name="${escaped(name)}"${file}`
  return type === undefined ? head : `${head}\r\nContent-Type: ${type.replace(/[\r\n]+/g, ' ')}`
}

function escaped(text: string): string {
  return text.toWellFormed().replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')
}

function partsIn(bytes: Buffer, boundary: string): Part[] {
  const mark = Buffer.from(`--${boundary}`)
  const parts: Part[] = []
  let at = bytes.indexOf(mark)
  while (at >= 0) {
    const start = at + mark.length
    if (bytes.subarray(start, start + 2).toString('latin1') === '--') return parts
    const end = bytes.indexOf(mark, start)
    const head = bytes.indexOf('\r\n\r\n', start)
    if (end < 0 || head < 0 || head > end) break
    if (parts.length >= mostParts) throw bodyInvalid(`has more than ${mostParts} parts`)
    parts.push(partIn(bytes.subarray(start, head).toString('utf8'), bytes.subarray(head + 4, end - 2)))
    at = end
  }
  throw bodyInvalid('is no multipart body, or broke off')
}

function partIn(head: string, data: Buffer): Part {
  const name = /\bname="([^"]*)"/i.exec(head)?.[1]
  if (name === undefined) throw bodyInvalid('has a part without a name')
  const filename = /\bfilename="([^"]*)"/i.exec(head)?.[1]
  const type = /^content-type:\s*([^\r\n]+)/im.exec(head)?.[1]?.trim()
  return {
    name: unescaped(name),
    ...(filename !== undefined && { filename: unescaped(filename) }),
    ...(type !== undefined && { type }),
    data: new Uint8Array(data),
  }
}

function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%22', '"')
}

function together(parts: readonly Part[], { schema, look }: MediaContext): unknown {
  const names = new Set(parts.map(({ name }) => name))
  const entries = [...names].map((name) => {
    const own = parts.filter((part) => part.name === name)
    const of = memberSchema(look, schema, name)
    const isList = typesOf(look, of).has('array')
    const values = own.map((part) => valueOf(look, isList ? itemSchema(look, of) : of, part))
    return [name, isList ? values : values.at(-1)] as const
  })
  return Object.fromEntries(entries)
}

function valueOf(look: Look, schema: JsonSchema, { name, filename, type, data }: Part): unknown {
  if (filename === undefined) return typedPart(look, schema, Buffer.from(data).toString('utf8'))
  const isBare = filename === name && (type === undefined || type === 'application/octet-stream')
  return isBare ? data : { data, name: filename, ...(type !== undefined && { type }) }
}
