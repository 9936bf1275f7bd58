import { hash, randomFillSync } from 'node:crypto'
import { TenonError } from './errors.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const pool = new Uint8Array(8192)
let used = pool.length

function randomChars(count: number): string {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let text = ''
  for (let index = 0; index < count; index += 1) text += alphabet.charAt((pool[used++] ?? 0) & 31)
  return text
}

let lastMs = -1
let lastPrefix = ''

function timeChars(ms: number): string {
  if (ms === lastMs) return lastPrefix
  let text = ''
  for (let rest = ms, index = 0; index < 9; index += 1) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  lastMs = ms
  lastPrefix = text
  return text
}

/** A run's id: 9 characters of time, then 80 random bits in 16 more. Sorts by time; unique across installations, since idempotency keys are made of it. */
export function newRunId(nowMs: number): string {
  return timeChars(nowMs) + randomChars(16)
}

const idForm = /^[\w.:@~+=/-]{1,200}$/

/** The id itself, or `INPUT_INVALID` for one that is empty, too long or has odd characters. */
export function requireId(id: unknown, field: string): string {
  if (typeof id === 'string' && idForm.test(id)) return id
  throw new TenonError(
    'INPUT_INVALID',
    `${field} is not a usable id: expected 1 to 200 letters, digits or . : @ ~ + = / - _`,
    {
      details: { field, kind: typeof id },
    },
  )
}

/** A short name for content: equal bytes, equal name. */
export function contentHash(text: string | Uint8Array): string {
  return hash('sha256', text, 'base64url').slice(0, 27)
}
