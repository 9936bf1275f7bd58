import { bodyInvalid } from '../request/text.ts'

/** A body as text. Throws `BODY_INVALID` for bytes that are not in their character set. */
export function decoded(body: unknown, type: string): string {
  if (typeof body === 'string') return body
  if (!(body instanceof Uint8Array)) throw bodyInvalid('is JSON; expected a text')
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body)
  } catch {
    throw bodyInvalid(`is not text in ${charset}`)
  }
}
