import { contentHash } from '../base/ids.ts'
import type { Idempotency } from '../definition/operation.ts'

const defaultLength = 255

/** The key as this provider takes it: as it is where possible, else a hash of it. Always the same for the same key. */
export function keyFor({ maxLength = defaultLength }: Idempotency, key: string): string {
  if (key.length <= maxLength && /^[\x21-\x7e]+$/.test(key)) return key
  return contentHash(key).slice(0, maxLength)
}

/** The input with the key in its field, unless the flow put something there. */
export function withKey(input: unknown, field: string, key: string): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input
  const members = input as Readonly<Record<string, unknown>>
  return Object.hasOwn(members, field) && members[field] !== undefined ? input : { ...members, [field]: key }
}
