import { existsSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { VaultStatus } from '../../connection/vault.ts'
import { createVault } from '../../connection/vault/create-vault.ts'
import { openStore, type DurablePlace } from '../../server/durable.ts'
import { masterKeysOf } from '../../server/kept.ts'
import { storePath } from '../../store/sqlite.ts'
import type { CommandInput } from '../command.ts'
import { count } from '../words.ts'
import { findingsOf, type Finding } from './finding.ts'

const { ok, warn, fail } = findingsOf('vault')

/** The store, and whether the master key opens what is in it; a server may be at work on both. */
export async function examineVault(
  place: DurablePlace,
  environment: CommandInput['environment'],
): Promise<readonly Finding[]> {
  const { folder, database } = place
  if (database === null && !existsSync(storePath(folder))) return [ok('nothing is stored yet')]
  const store = await openStore(place)
  try {
    const broken = await store.verifyAudit('default')
    const masterKeys = masterKeysOf({ folder, environment, onSecret: () => undefined }, store)
    const status = await createVault({ store, masterKeys, clock: systemClock }).status()
    return [
      ok('the store opens'),
      broken === null
        ? ok('the audit log is whole')
        : fail(
            `entry ${broken} of the audit log was changed or is missing`,
            'Keep a copy of what is stored, and compare it with your backups.',
          ),
      ...vaultFindings(status),
    ]
  } catch (error) {
    return [fail(messageOf(error))]
  } finally {
    await store.close()
  }
}

function vaultFindings({ state, cause, source, masterKey, dataKeys }: VaultStatus): readonly Finding[] {
  if (state === 'empty') return [ok('nothing is sealed yet')]
  if (state === 'locked') return [fail(`the vault is locked: ${cause}`)]
  const former = dataKeys.filter(({ masterKey: id }) => id !== masterKey)
  return [
    ok(`the vault opens with master key ${masterKey} from ${source}`),
    ...former.map(({ masterKey: id, count: keys }) =>
      warn(`master key ${id} still wraps ${count(keys, 'data key')}`, 'Finish the rotation: npx tenon vault rotate'),
    ),
  ]
}
