import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import type { ManagedVault } from '../connection/vault.ts'
import { createVault } from '../connection/vault/create-vault.ts'
import { environmentKeys } from '../connection/vault/environment.ts'
import { fileKeys } from '../connection/vault/file.ts'
import type { MasterKeys } from '../connection/vault/master-keys.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import type { Redactor } from '../telemetry/redact.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { createAuditTrail, type AuditTrail } from './audit.ts'

interface KeptOptions {
  /** Of the operator. */
  readonly tenant: string
  /** Of the data. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly redactor: Redactor
  readonly log: Log
  readonly clock: Clock
}

/**
 * What is durable beside the journal: the store, and the vault with its master key from where the environment says. Rejects for a key that is missing or does not fit;
 * one that cannot be asked for now leaves the vault locked.
 */
export async function openKept(
  options: KeptOptions,
  closing: AsyncDisposableStack,
): Promise<{ readonly store: Store; readonly vault: ManagedVault; readonly audit: AuditTrail }> {
  const { folder, clock, log, tenant } = options
  const store = sqliteStore({ folder, clock })
  closing.defer(() => store.close())
  const vault = createVault({ store, clock, masterKeys: masterKeysOf(options, store) })
  try {
    await vault.check()
  } catch (error) {
    if (!TenonError.is(error, 'VAULT_LOCKED') || !error.retryable) throw error
    log.warn('vault.locked', { reason: messageOf(error) })
  }
  const audit = createAuditTrail({ store, vault, clock, log, tenant })
  closing.defer(() => audit.close())
  return { store, vault, audit }
}

function masterKeysOf({ folder, environment, redactor }: KeptOptions, store: Store): MasterKeys {
  const named = (name: string): string | undefined => environment[name] || undefined
  const [key, file] = [named('TENON_MASTER_KEY'), named('TENON_MASTER_KEY_FILE')]
  if (key !== undefined && file !== undefined)
    throw new TenonError(
      'INPUT_INVALID',
      'TENON_MASTER_KEY and TENON_MASTER_KEY_FILE are both set: the master key can come from one place only. Take one of them away.',
    )
  if (key !== undefined) {
    const previous = named('TENON_MASTER_KEY_PREVIOUS')
    for (const secret of [key, previous]) if (secret !== undefined) redactor.add(secret)
    return environmentKeys(key, previous)
  }
  if (file !== undefined) return fileKeys({ path: file })
  const isUnused = async (): Promise<boolean> => (await store.listAll({ kind: 'data-key', limit: 1 })).length === 0
  return fileKeys({ path: join(folder, 'master-key'), isUnused })
}
