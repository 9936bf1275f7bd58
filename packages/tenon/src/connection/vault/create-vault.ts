import { createHmac, hkdfSync, type KeyObject } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { messageOf, TenonError } from '../../base/errors.ts'
import { requireId } from '../../base/ids.ts'
import { Secret } from '../../base/secret.ts'
import type { Store } from '../../store/store.ts'
import type { ManagedVault, SecretPlace, Vault, VaultStatus } from '../vault.ts'
import { decrypt, encrypt } from './cipher.ts'
import { createDataKeys, ownTenant, type DataKey, type DataKeys } from './data-keys.ts'
import type { MasterKeys } from './master-keys.ts'
import { countByMasterKey, createRotation } from './rotation.ts'

export interface VaultOptions {
  readonly store: Store
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  /** How long a data key is used before the master key is asked again; default 5 minutes. */
  readonly keepMs?: number
}

const defaultKeepMs = 5 * 60_000
/** Of what is sealed: format, id of the data key, bytes. */
const form = /^v1\.([\w-]{12})\.([\w-]+)$/

export function createVault(options: VaultOptions): ManagedVault {
  const { store, masterKeys, clock, keepMs = defaultKeepMs } = options
  const keys = createDataKeys(options, keepMs)
  const rotation = createRotation({ store, masterKeys, clock, keys })

  async function status(): Promise<VaultStatus> {
    const counts = await countByMasterKey(keys)
    const dataKeys = [...counts].map(([masterKey, count]) => ({ masterKey, count }))
    const about = { source: masterKeys.source, dataKeys, rotation: rotation.progress() }
    if (counts.size === 0) return { ...about, state: 'empty', cause: null, masterKey: null }
    try {
      // Asked anew, whatever is still in memory.
      keys.forget(ownTenant)
      await ownKey(keys)
      return { ...about, state: 'open', cause: null, masterKey: await masterKeys.current() }
    } catch (error) {
      return { ...about, state: 'locked', cause: messageOf(error), masterKey: null }
    }
  }

  return {
    ...sealing(keys),
    async check() {
      const row = await keys.row(ownTenant)
      if (row !== null) await keys.open(row)
    },
    status,
    async rotate(actor) {
      const { finished } = await rotation.begin(actor)
      return { finished: finished.then(status) }
    },
    async eraseTenant(tenant, { by, from }) {
      if (requireId(tenant, 'tenant') === ownTenant) throw new TenonError('FORBIDDEN', `${ownTenant} is no tenant`)
      const entry = { tenant, at: clock.now(), by, action: 'tenant.erased', subject: tenant, outcome: 'done' } as const
      await store.eraseTenant(tenant, [{ ...entry, ...(from === undefined ? {} : { from }) }])
      keys.forget(tenant)
    },
    async sign(text) {
      const row = await keys.row(ownTenant)
      if (row === null) return null
      const { key } = await keys.open(row)
      return createHmac('sha256', signingKey(key)).update(text).digest('base64url')
    },
  }
}

function sealing(keys: DataKeys): Vault {
  return {
    async seal(place, secret) {
      const { id, key } = await keyToSeal(keys, place.tenant)
      return `v1.${id}.${encrypt(key, Buffer.from(secret.reveal()), partsOf(place, id)).toString('base64url')}`
    },
    async open(place, sealed) {
      const [, id, text] = form.exec(sealed) ?? []
      if (id === undefined || text === undefined)
        throw unreadable(place, 'it does not have the form of a sealed secret')
      const { key } = await keyToOpen(keys, place, id)
      const plain = decrypt(key, Buffer.from(text, 'base64url'), partsOf(place, id))
      if (plain === null) throw unreadable(place, 'it was changed, or was sealed for another place')
      return new Secret(plain.toString())
    },
  }
}

/** It opens: then the master key is the one that all others were wrapped by. */
async function ownKey(keys: DataKeys): Promise<DataKey> {
  const row = await keys.row(ownTenant)
  return row === null ? keys.make(ownTenant) : keys.open(row)
}

async function keyToSeal(keys: DataKeys, tenant: string): Promise<DataKey> {
  // Read each time: the tenant may have been erased by another process.
  const row = await keys.row(tenant)
  if (row !== null) return keys.open(row)
  await ownKey(keys)
  return keys.make(tenant)
}

async function keyToOpen(keys: DataKeys, place: SecretPlace, id: string): Promise<DataKey> {
  const known = keys.cached(place.tenant)
  if (known?.id === id) return known
  const row = await keys.row(place.tenant)
  if (row === null) throw unreadable(place, 'the key of its tenant was destroyed')
  if (row.id !== id) throw unreadable(place, 'it was sealed by another key')
  return keys.open(row)
}

/** A key for one purpose only. */
function signingKey(key: KeyObject): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'tenon signature', 32))
}

function partsOf({ tenant, connection, field, version }: SecretPlace, id: string): readonly string[] {
  return ['tenon secret', '1', id, tenant, connection, field, String(version)]
}

function unreadable({ tenant, connection, field }: SecretPlace, problem: string): TenonError {
  return new TenonError(
    'SECRET_UNREADABLE',
    `the secret ${field} of ${connection} (tenant ${tenant}) cannot be read: ${problem}. Set it again, or connect the account again.`,
    { details: { tenant, connection, field } },
  )
}
