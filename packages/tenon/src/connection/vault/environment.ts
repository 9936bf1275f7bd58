import { TenonError } from '../../base/errors.ts'
import { localKeys, readKey } from './local-keys.ts'
import type { MasterKeys } from './master-keys.ts'

/** The master key from the environment, and the one before it until a rotation has ended. Throws `INPUT_INVALID`. */
export function environmentKeys(current: string, previous: string | undefined): MasterKeys {
  const former = previous === undefined || previous === '' ? [] : [readKey(previous, 'TENON_MASTER_KEY_PREVIOUS')]
  const keys = [...former, readKey(current, 'TENON_MASTER_KEY')]
  return {
    source: 'TENON_MASTER_KEY',
    ...localKeys(async () => keys),
    renew: () =>
      Promise.reject(
        new TenonError(
          'FORBIDDEN',
          'the master key comes from the environment: set TENON_MASTER_KEY to a new key and TENON_MASTER_KEY_PREVIOUS to the present one, restart, and rotate again',
        ),
      ),
  }
}
