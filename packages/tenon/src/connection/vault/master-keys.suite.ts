import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { MasterKeys } from './master-keys.ts'

export interface MasterKeysHarness {
  readonly keys: MasterKeys
  /** Makes a new key the current one, in the way that this holder has; the keys as they are seen from then on. */
  renew(): Promise<MasterKeys>
  /** Takes the keys away, as an outage or a mistake does; what is left then. */
  lose(): MasterKeys
}

/** What every holder of master keys must do, a key management service too. */
export function masterKeysSuite(name: string, open: () => Promise<MasterKeysHarness>): void {
  describe(`DAT-03: master keys: ${name}`, () => {
    let harness: MasterKeysHarness
    beforeEach(async () => {
      harness = await open()
    })
    const dataKey = randomBytes(32)

    test('what it wrapped it unwraps, and the key is not in what is stored', async () => {
      const { keys } = harness
      const wrapped = await keys.wrap('acme', dataKey)
      expect(wrapped.masterKey).toBe(await keys.current())
      expect(Buffer.from(wrapped.wrapped).includes(dataKey)).toBe(false)
      expect(Buffer.from(await keys.unwrap('acme', wrapped)).equals(dataKey)).toBe(true)
    })

    test('what was wrapped for another tenant, or was changed, is refused', async () => {
      const { keys } = harness
      const wrapped = await keys.wrap('acme', dataKey)
      const changed = Buffer.from(wrapped.wrapped)
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
      for (const asked of [
        () => keys.unwrap('other', wrapped),
        () => keys.unwrap('acme', { ...wrapped, wrapped: changed }),
        () => keys.unwrap('acme', { ...wrapped, wrapped: Buffer.alloc(0) }),
      ])
        await expect(asked()).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
    })

    test('a new key wraps from now on, and the former still unwraps', async () => {
      const before = await harness.keys.wrap('acme', dataKey)
      const keys = await harness.renew()
      const after = await keys.wrap('acme', dataKey)
      expect(after.masterKey).not.toBe(before.masterKey)
      for (const wrapped of [before, after])
        expect(Buffer.from(await keys.unwrap('acme', wrapped)).equals(dataKey)).toBe(true)
    })

    test('a key that it does not have locks, and so does its own absence', async () => {
      const wrapped = await harness.keys.wrap('acme', dataKey)
      const locked = { code: 'VAULT_LOCKED' }
      await expect(harness.keys.unwrap('acme', { ...wrapped, masterKey: 'unheard-of' })).rejects.toMatchObject(locked)
      await expect(harness.lose().unwrap('acme', wrapped)).rejects.toMatchObject(locked)
    })
  })
}
