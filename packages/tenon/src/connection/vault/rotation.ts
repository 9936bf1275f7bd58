import type { Clock } from '../../base/clock.ts'
import { messageOf, TenonError } from '../../base/errors.ts'
import type { AuditAction } from '../../store/actions.ts'
import type { NewAuditEntry, Store } from '../../store/store.ts'
import type { Actor } from '../managed.ts'
import type { VaultStatus } from '../vault.ts'
import { ownTenant, type DataKeys } from './data-keys.ts'
import type { MasterKeys } from './master-keys.ts'

interface RotationOptions {
  readonly store: Store
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly keys: DataKeys
}

type Progress = VaultStatus['rotation']

interface Rotation {
  begin(actor: Actor): Promise<{ readonly finished: Promise<void> }>
  progress(): Progress
}

/** All that a killed rotation leaves is data keys that another master key than the current one wraps: the next one goes on from there. */
export function createRotation({ store, masterKeys, clock, keys }: RotationOptions): Rotation {
  let progress: Progress = null
  let running: Promise<{ readonly finished: Promise<void> }> | null = null

  async function note(action: AuditAction, { by, from }: Actor, subject: string): Promise<void> {
    const entry: NewAuditEntry = { tenant: 'default', at: clock.now(), by, action, subject, outcome: 'done' }
    await store.write({ changes: [], audit: [{ ...entry, ...(from === undefined ? {} : { from }) }] })
  }

  async function begin(actor: Actor): Promise<{ readonly finished: Promise<void> }> {
    if ((await keys.row(ownTenant)) === null)
      throw new TenonError('NOT_FOUND', 'nothing is sealed yet, so there is no key to rotate')
    const before = await countByMasterKey(keys)
    const former = await masterKeys.current()
    const isUnfinished = [...before.keys()].some((masterKey) => masterKey !== former)
    if (!isUnfinished) await masterKeys.renew()
    const current = await masterKeys.current()
    await note('vault.rotation-begun', actor, current)
    const total = [...before.values()].reduce((sum, count) => sum + count, 0)
    progress = { done: before.get(current) ?? 0, total, problem: null }
    return { finished: finish(actor, current) }
  }

  async function finish(actor: Actor, current: string): Promise<void> {
    try {
      // Another process may wrap a key by the old one until it has noticed: again, until a whole round finds none.
      while ((await rewrapAll(keys, current, advance)) > 0);
      await store.scrub()
      await note('vault.rotated', actor, current)
      progress = null
    } catch (error) {
      if (progress !== null) progress = { ...progress, problem: messageOf(error) }
      throw error
    } finally {
      running = null
    }
  }

  function advance(): void {
    if (progress === null) return
    const done = progress.done + 1
    progress = { done, total: Math.max(done, progress.total), problem: null }
  }

  return {
    begin(actor) {
      running ??= begin(actor).catch((error: unknown) => {
        running = null
        throw error
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
