import { isRecord, textOf } from '../request/text.ts'

/** Bytes with the name and the media type that they are sent under. */
export interface FileParts {
  readonly data: Uint8Array
  readonly name?: string
  readonly type?: string
}

/** A value that is bytes, alone or named; `null` for any other. */
export function fileIn(value: unknown): FileParts | null {
  if (value instanceof Uint8Array) return { data: value }
  if (!isRecord(value) || !(value['data'] instanceof Uint8Array)) return null
  const { data, name, type } = value
  return {
    data,
    ...(name !== undefined && { name: textOf(name) }),
    ...(type !== undefined && { type: textOf(type) }),
  }
}
