import type { ClusterView } from '../cluster.ts'
import { mostCounted } from '../counts.ts'
import { numberOf, numbersOf, type Leases } from './leases.ts'
import type { MemoryState, StoredRun } from './state.ts'

/** All members, as they stand in the state. */
export function viewOf(
  state: MemoryState,
  leases: Leases,
  { own, now }: { readonly own: string; readonly now: number },
): ClusterView {
  const nodes = [...leases.members].map(([id, { joinedAt, seenAt, until, isLeaving, figures }]) => {
    const held = new Set(numbersOf(leases, id))
    const counted = (isMeant: (run: StoredRun) => boolean): number => {
      const runs = [...state.open].filter((run) => held.has(numberOf(leases, run)) && isMeant(run))
      return Math.min(runs.length, mostCounted)
    }
    return {
      id,
      name: id.split('/', 1)[0] ?? id,
      version: '0',
      isThis: id === own,
      joinedAt,
      seenAt,
      heldUntil: until,
      isLeaving,
      partitions: held.size,
      ready: counted(({ status }) => status === 'ready'),
      waiting: counted(({ status, wakeAt }) => status === 'waiting' && wakeAt !== null),
      figures,
    }
  })
  return { at: now, partitions: leases.partitions.length, unheld: numbersOf(leases, null).length, nodes }
}
