import { parseJson } from '../../base/json.ts'

/**
 * Arrays in PostgreSQL's own binary form (`array_send`: dimensions, has-null flag, element type, length and lower bound, then each element behind its length; a null has the length -1).
 * As text each body would be quoted here and taken apart there.
 */
export interface ArrayType<Value> {
  readonly oid: number
  size(value: Value): number
  write(buffer: Buffer, value: Value, at: number): void
}

export const int4: ArrayType<number> = {
  oid: 23,
  size: () => 4,
  write: (buffer, value, at) => buffer.writeInt32BE(value, at),
}

export const int8: ArrayType<number> = {
  oid: 20,
  size: () => 8,
  write(buffer, value, at) {
    // Two halves: a bigint for each would cost more than all the rest.
    const high = Math.floor(value / 4294967296)
    buffer.writeInt32BE(high, at)
    buffer.writeUInt32BE(value - high * 4294967296, at + 4)
  },
}

export const uuid: ArrayType<string> = {
  oid: 2950,
  size: () => 16,
  write: (buffer, value, at) => buffer.write(value, at, 'hex'),
}

export const text: ArrayType<string> = {
  oid: 25,
  size: (value) => Buffer.byteLength(value),
  write: (buffer, value, at) => buffer.write(value, at),
}

const headerBytes = 20

/** `null` for no element, which the functions take for a part that the batch does not have. */
export function encodeArray<Value>(type: ArrayType<Value>, values: readonly (Value | null)[]): Buffer | null {
  if (values.length === 0) return null
  let bytes = headerBytes
  let hasNull = 0
  const sizes = values.map((value) => {
    if (value === null) hasNull = 1
    const size = value === null ? -1 : type.size(value)
    bytes += 4 + Math.max(0, size)
    return size
  })
  const buffer = Buffer.allocUnsafe(bytes)
  for (const [index, word] of [1, hasNull, type.oid, values.length, 1].entries()) buffer.writeInt32BE(word, 4 * index)
  let at = headerBytes
  for (const [index, value] of values.entries()) {
    const size = sizes[index] ?? -1
    buffer.writeInt32BE(size, at)
    at += 4
    if (value === null) continue
    type.write(buffer, value, at)
    at += size
  }
  return buffer
}

const escape = '\u0001'

/** PostgreSQL's text cannot hold the character 0. A text with it is stored as its JSON behind a character that says so. */
export function storable(value: string): string {
  return value.includes('\0') || value.startsWith(escape) ? escape + JSON.stringify(value) : value
}

export function restored(value: string): string {
  return value.startsWith(escape) ? (parseJson(value.slice(1)) as string) : value
}

export function restoredOrNull(value: string | null): string | null {
  return value === null ? null : restored(value)
}
