import { systemClock } from '../../base/clock.ts'
import { createVault } from '../../connection/vault/create-vault.ts'
import type { Place, PlaceAtRest } from '../../server/durable.ts'
import { masterKeysOf } from '../../server/kept.ts'
import type { CommandInput } from '../command.ts'

/**
 * Sealed secrets move as they are, and only their master key opens them. It is looked for as who starts on the folder would look: in the environment, else in the folder. Resolves to where it is;
 * `null` where nothing is sealed. Rejects with `VAULT_LOCKED` for one that is missing or does not fit.
 */
export async function checkMasterKey(
  { store, hasNoStore }: PlaceAtRest,
  { from, to }: { readonly from: Place; readonly to: Place },
  environment: CommandInput['environment'],
): Promise<string | null> {
  if (await hasNoStore()) return null
  const sealed = await store.listAll({ kind: 'data-key', limit: 1 })
  if (sealed.length === 0) return null
  const folder = to.database === null ? to.folder : from.folder
  const masterKeys = masterKeysOf({ folder, environment, onSecret: () => undefined }, store)
  await createVault({ store, clock: systemClock, masterKeys }).check()
  return masterKeys.source
}
