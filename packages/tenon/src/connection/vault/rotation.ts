import type { Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import type { NewAuditEntry, Store } from '../../store/store.ts'
import type { Actor } from '../managed.ts'
import { ownTenant, type DataKeys } from './data-keys.ts'
import type { MasterKeys } from './master-keys.ts'

interface RotationOptions {
  readonly store: Store
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly keys: DataKeys
}

interface Progress {
  readonly done: number
  readonly total: number
}

/** All that a killed rotation leaves is data keys that another master key than the current one wraps: the next one goes on from there. */
export function createRotation({ store, masterKeys, clock, keys }: RotationOptions): {
  run(actor: Actor): Promise<void>
  progress(): Progress | null
} {
  let progress: Progress | null = null
  let running: Promise<void> | null = null

  async function note(action: string, { by, from }: Actor, subject: string): Promise<void> {
    const entry: NewAuditEntry = { tenant: 'default', at: clock.now(), by, action, subject, outcome: 'done' }
    await store.write({ changes: [], audit: [{ ...entry, ...(from === undefined ? {} : { from }) }] })
  }

  async function rotate(actor: Actor): Promise<void> {
    if ((await keys.row(ownTenant)) === null)
      throw new TenonError('NOT_FOUND', 'nothing is sealed yet, so there is no key to rotate')
    const before = await countByMasterKey(keys)
    const former = await masterKeys.current()
    const isUnfinished = [...before.keys()].some((masterKey) => masterKey !== former)
    if (!isUnfinished) await masterKeys.renew()
    const current = await masterKeys.current()
    await note('vault.rotation-begun', actor, current)
    let done = before.get(current) ?? 0
    const total = [...before.values()].reduce((sum, count) => sum + count, 0)
    const advance = (): void => {
      done += 1
      progress = { done, total: Math.max(done, total) }
    }
    progress = { done, total }
    // Another process may wrap a key by the old one until it has noticed: again, until a whole round finds none.
    while ((await rewrapAll(keys, current, advance)) > 0);
    await store.scrub()
    await note('vault.rotated', actor, current)
  }

  return {
    run(actor) {
      running ??= rotate(actor).finally(() => {
        progress = null
        running = null
      })
      return running
    },
    progress: () => progress,
  }
}

export async function countByMasterKey(keys: DataKeys): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for await (const page of keys.pages())
    for (const { masterKey } of page) counts.set(masterKey, (counts.get(masterKey) ?? 0) + 1)
  return counts
}

/** One round over all; tells how many were not wrapped by the current key. */
async function rewrapAll(keys: DataKeys, current: string, onDone: () => void): Promise<number> {
  let others = 0
  for await (const page of keys.pages())
    for (const row of page) {
      if (row.masterKey === current) continue
      others += 1
      if (await keys.rewrap(row)) onDone()
    }
  return others
}
