import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import type { ManagedVault } from '../connection/vault.ts'
import { createVault } from '../connection/vault/create-vault.ts'
import { commandKeys } from '../connection/vault/command.ts'
import { environmentKeys } from '../connection/vault/environment.ts'
import { fileKeys } from '../connection/vault/file.ts'
import type { MasterKeys } from '../connection/vault/master-keys.ts'
import type { Store } from '../store/store.ts'
import type { Redactor } from '../telemetry/redact.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { createAuditTrail, type AuditTrail } from './audit.ts'
import { openStore, type DurablePlace } from './durable.ts'
import type { SharedPlacement } from './several-databases.ts'

interface MasterKeysOptions {
  /** Of the data. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Is told what must never be printed. */
  readonly onSecret: (secret: string) => void
}

interface KeptOptions extends Omit<MasterKeysOptions, 'onSecret' | 'folder'> {
  readonly place: DurablePlace
  /** Where tenants live, as the journal knows it. */
  readonly shared?: SharedPlacement | undefined
  /** Of the operator. */
  readonly tenant: string
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
  const { place, clock, log, tenant } = options
  const store = await openStore(place, options.shared)
  closing.defer(() => store.close())
  const masterKeys = masterKeysOf({ ...options, folder: place.folder, onSecret: options.redactor.add }, store)
  if (place.database !== null && masterKeys.source === `file ${keyFileIn(place.folder)}`)
    log.warn('vault.key-of-one-node', {
      remedy: 'Other nodes need the same master key: name it by TENON_MASTER_KEY_FILE.',
    })
  const vault = createVault({ store, clock, masterKeys })
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

/** The master key from where the environment says. Throws `INPUT_INVALID`. */
export function masterKeysOf({ folder, environment, onSecret }: MasterKeysOptions, store: Store): MasterKeys {
  const named = (name: string): string => environment[name] ?? ''
  const set = ['TENON_MASTER_KEY', 'TENON_MASTER_KEY_FILE', 'TENON_MASTER_KEY_COMMAND'].filter(
    (name) => named(name) !== '',
  )
  if (set.length > 1)
    throw new TenonError(
      'INPUT_INVALID',
      `${set.join(' and ')} are both set: the master key can come from one place only. Take one of them away.`,
    )
  const [key, file, command] = [
    named('TENON_MASTER_KEY'),
    named('TENON_MASTER_KEY_FILE'),
    named('TENON_MASTER_KEY_COMMAND'),
  ]
  if (key !== '') {
    const previous = named('TENON_MASTER_KEY_PREVIOUS')
    for (const secret of [key, previous]) if (secret !== '') onSecret(secret)
    return environmentKeys(key, previous)
  }
  if (file !== '') return fileKeys({ path: file })
  if (command !== '') return commandKeys({ command: readCommand(command), environment })
  const isUnused = async (): Promise<boolean> => (await store.listAll({ kind: 'data-key', limit: 1 })).length === 0
  return fileKeys({ path: keyFileIn(folder), isUnused })
}

const keyFileIn = (folder: string): string => join(folder, 'master-key')

function readCommand(text: string): readonly string[] {
  const words: unknown = text.startsWith('[') ? parseJson(text) : null
  if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string' && word !== ''))
    return words as string[]
  throw new TenonError(
    'INPUT_INVALID',
    'TENON_MASTER_KEY_COMMAND is not a list of words in JSON. Write the program and its arguments so: ["/usr/local/bin/ask-kms", "--key", "tenon"]',
  )
}
