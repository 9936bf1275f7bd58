import { createSecretKey, hash, type KeyObject } from 'node:crypto'
import { TenonError } from '../../base/errors.ts'
import { decrypt, encrypt, keyBytes } from './cipher.ts'
import type { MasterKeys } from './master-keys.ts'

/** A master key in this process's memory. */
export interface LocalKey {
  readonly id: string
  readonly key: KeyObject
}

/** Wraps with keys that are at hand; the last of them is the current one. They are asked for at each use: none is kept. */
export function localKeys(load: () => Promise<readonly LocalKey[]>): Pick<MasterKeys, 'current' | 'wrap' | 'unwrap'> {
  async function latest(): Promise<LocalKey> {
    const last = (await load()).at(-1)
    if (last === undefined) throw new TenonError('VAULT_LOCKED', 'there is no master key', { retryable: false })
    return last
  }
  return {
    current: async () => (await latest()).id,
    async wrap(tenant, dataKey) {
      const { id, key } = await latest()
      return { masterKey: id, wrapped: encrypt(key, dataKey, placeOf(id, tenant)) }
    },
    async unwrap(tenant, { masterKey, wrapped }) {
      const known = await load()
      const found = known.find(({ id }) => id === masterKey)
      if (found === undefined)
        throw new TenonError(
          'VAULT_LOCKED',
          `the master key does not fit: the data key of tenant ${tenant} was wrapped by master key ${masterKey}, and there is only ${known.map(({ id }) => id).join(', ')}. Bring back that key.`,
          { retryable: false },
        )
      const dataKey = decrypt(found.key, wrapped, placeOf(masterKey, tenant))
      if (dataKey === null)
        throw new TenonError(
          'SECRET_UNREADABLE',
          `the wrapped data key of tenant ${tenant} was changed, or is another's`,
        )
      return dataKey
    },
  }
}

function placeOf(masterKey: string, tenant: string): readonly string[] {
  return ['tenon data key', '1', masterKey, tenant]
}

/** Reads 32 random bytes in base64. Throws `INPUT_INVALID` for anything else, naming `what` and never the value. */
export function readKey(text: string, what: string): LocalKey {
  const bytes = Buffer.from(text, 'base64')
  const isBase64 = /^[\w+/-]+={0,2}$/.test(text)
  if (!isBase64 || bytes.length !== keyBytes)
    throw invalid(what, isBase64 ? `holds ${bytes.length} bytes` : 'is not base64')
  if (isWeak(bytes)) throw invalid(what, 'is not random')
  const key = { id: idOf(bytes), key: createSecretKey(bytes) }
  bytes.fill(0)
  return key
}

function invalid(what: string, problem: string): TenonError {
  return new TenonError(
    'INPUT_INVALID',
    `${what} ${problem}; expected ${keyBytes} random bytes in base64, such as from: openssl rand -base64 ${keyBytes}`,
  )
}

/** Chance makes none of these once in 10^12 keys: a password, a pattern, nothing at all. */
function isWeak(bytes: Uint8Array): boolean {
  const isText = bytes.every((byte) => byte >= 32 && byte < 127)
  const steps = new Set(bytes.map((byte, index) => (byte - (bytes[index - 1] ?? 0)) & 255).subarray(1))
  return isText || new Set(bytes).size < 12 || steps.size < 4
}

/** Tells keys apart, and nothing about them: they are random. */
function idOf(bytes: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from('tenon master key\n'), bytes]), 'base64url').slice(0, 12)
}
