import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'

const algorithm = 'aes-256-gcm'
export const keyBytes = 32
/** NIST SP 800-38D §8.2.2: random nonces of 96 bits are good for 2^32 messages of one key. */
const nonceBytes = 12
const tagBytes = 16

/** Nonce, ciphertext and tag in one. `place` is authenticated with it: at another it does not open. */
export function encrypt(key: KeyObject, plain: Uint8Array, place: readonly string[]): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce)
  cipher.setAAD(joined(place))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** `null` for what was encrypted by another key, for another place, or was changed. */
export function decrypt(key: KeyObject, sealed: Uint8Array, place: readonly string[]): Buffer | null {
  const end = sealed.length - tagBytes
  if (end < nonceBytes) return null
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes))
  decipher.setAAD(joined(place))
  decipher.setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(nonceBytes, end))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return null
  }
}

/** Each part behind its length, so that no two lists make the same bytes. */
function joined(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
