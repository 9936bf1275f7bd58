import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import type { DocumentWrite, Store, StoredDocument } from '../../store/store.ts'
import { keyBytes } from './cipher.ts'
import type { MasterKeys, WrappedKey } from './master-keys.ts'

/** A tenant's key, ready for use. */
export interface DataKey {
  readonly id: string
  readonly key: KeyObject
}

/** Tenant of the vault's own data key: it tells whether a master key fits before anything is written, and signs. */
export const ownTenant = '@vault'
const kind = 'data-key'
const documentId = 'current'
const mostKept = 10_000

export interface DataKeyRow extends WrappedKey {
  readonly tenant: string
  readonly version: number
  readonly id: string
}

export interface DataKeys {
  /** As it is stored; `null` for a tenant that has none. */
  row(tenant: string): Promise<DataKeyRow | null>
  /** Unwrapped, from memory where it was used lately. */
  open(row: DataKeyRow): Promise<DataKey>
  /** From memory only. */
  cached(tenant: string): DataKey | null
  /** Makes one; another process may have been first, then it is that one. */
  make(tenant: string): Promise<DataKey>
  /** All, page by page. */
  pages(): AsyncGenerator<readonly DataKeyRow[]>
  /** The same key, wrapped by the current master key. False when somebody else was first. */
  rewrap(row: DataKeyRow): Promise<boolean>
  forget(tenant: string): void
}

interface DataKeysOptions {
  readonly store: Store
  readonly masterKeys: MasterKeys
  readonly clock: Clock
}

export function createDataKeys({ store, masterKeys, clock }: DataKeysOptions, keepMs: number): DataKeys {
  const memory = keyMemory(clock, keepMs)
  const opening = new Map<string, Promise<DataKey>>()

  async function row(tenant: string): Promise<DataKeyRow | null> {
    const found = await store.get({ tenant, kind, id: documentId })
    return found === null ? null : rowOf(found)
  }

  async function unwrap(found: DataKeyRow): Promise<DataKey> {
    return memory.keep(found, await masterKeys.unwrap(found.tenant, found))
  }

  async function open(found: DataKeyRow): Promise<DataKey> {
    const known = memory.find(found.tenant)
    if (known?.version === found.version && known.id === found.id) return known
    const path = `${found.tenant} ${found.version} ${found.id}`
    let asked = opening.get(path)
    if (asked === undefined) {
      asked = unwrap(found).finally(() => opening.delete(path))
      opening.set(path, asked)
    }
    return asked
  }

  async function make(tenant: string): Promise<DataKey> {
    const bytes = randomBytes(keyBytes)
    const made = { id: randomBytes(9).toString('base64url'), ...(await masterKeys.wrap(tenant, bytes)) }
    const receipt = await store.write({ changes: [changeOf(tenant, null, made)] })
    if (receipt.outcome === 'written') return memory.keep({ tenant, version: 1, ...made }, bytes)
    bytes.fill(0)
    const other = await row(tenant)
    if (other === null) throw new TenonError('STORE_CONFLICT', `the tenant ${tenant} is being erased`)
    return open(other)
  }

  return {
    row,
    open,
    make,
    cached: memory.find,
    forget: memory.forget,
    pages: () => pagesOf(store),
    async rewrap(found) {
      const { tenant, version, id } = found
      const bytes = await masterKeys.unwrap(tenant, found)
      const wrapped = await masterKeys.wrap(tenant, bytes)
      bytes.fill(0)
      const receipt = await store.write({ changes: [changeOf(tenant, version, { id, ...wrapped })] })
      return receipt.outcome === 'written'
    },
  }
}

async function* pagesOf(store: Store): AsyncGenerator<readonly DataKeyRow[]> {
  let after: StoredDocument | undefined
  do {
    const page = await store.listAll({ kind, limit: 200, ...(after === undefined ? {} : { after }) })
    yield page.map(rowOf)
    after = page.at(-1)
  } while (after !== undefined)
}

interface Kept extends DataKey {
  readonly version: number
  readonly until: number
}

/** Data keys that were used lately, each for a limited time, however often it is used. */
function keyMemory(clock: Clock, keepMs: number) {
  const keys = new Map<string, Kept>()
  return {
    find(tenant: string): Kept | null {
      const found = keys.get(tenant)
      if (found !== undefined && clock.now() < found.until) return found
      keys.delete(tenant)
      return null
    },
    keep({ tenant, version, id }: DataKeyRow, bytes: Uint8Array): Kept {
      const now = clock.now()
      // Those that were not used since are not kept beyond their time either.
      for (const [name, { until }] of keys) if (until <= now || keys.size >= mostKept) keys.delete(name)
      const kept = { id, version, key: createSecretKey(bytes), until: now + keepMs }
      bytes.fill(0)
      keys.delete(tenant)
      keys.set(tenant, kept)
      return kept
    },
    forget: (tenant: string): void => void keys.delete(tenant),
  }
}

function changeOf(
  tenant: string,
  expect: number | null,
  { id, masterKey, wrapped }: Pick<DataKeyRow, 'id' | 'masterKey' | 'wrapped'>,
): DocumentWrite {
  const body = JSON.stringify({ id, masterKey, wrapped: Buffer.from(wrapped).toString('base64url') })
  return { tenant, kind, id: documentId, expect, body }
}

function rowOf({ tenant, version, body }: StoredDocument): DataKeyRow {
  const { id, masterKey, wrapped } = parseJson(body) as { id: string; masterKey: string; wrapped: string }
  return { tenant, version, id, masterKey, wrapped: Buffer.from(wrapped, 'base64url') }
}
