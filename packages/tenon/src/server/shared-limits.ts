import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Membership } from '../journal/ownership.ts'
import { Leases } from '../outbound/budget/leases.ts'
import { othersBy, type Others } from '../outbound/others.ts'
import { openAllotter, type DurablePlace } from './durable.ts'

/** What nodes that call the same upstreams have of each other. */
export interface SharedLimits {
  readonly leases: Leases
  readonly others: Others
}

/** `null` where there is one process only. */
export async function openSharedLimits(
  {
    place,
    membership,
    clock,
  }: { readonly place: DurablePlace; readonly membership: Membership | null; readonly clock: Clock },
  closing: AsyncDisposableStack,
): Promise<SharedLimits | null> {
  const allotter = membership === null ? null : await openAllotter(place)
  if (membership === null || allotter === null) return null
  closing.defer(() => allotter.close())
  const monotonic = (): number => performance.now()
  const leases = new Leases({ clock, monotonic, allotter, node: randomUUID(), words: membership })
  closing.defer(() => leases.stop())
  return { leases, others: othersBy(membership, clock) }
}
