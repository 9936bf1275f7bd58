import { systemClock, type Clock } from '../base/clock.ts'
import type { Placement } from '../postgres/placement.ts'
import { checkAppend, checkMessage } from './check.ts'
import type { Append, AppendReceipt, DeliverReceipt, Journal, Message } from './journal.ts'
import { decodeEpoch, encodeEpoch } from './placed/epoch.ts'
import { PlacedOwnership } from './placed/ownership.ts'
import { Places, type Place } from './placed/places.ts'
import { placedHistory, placedWork } from './placed/reads.ts'

export interface PlacedJournalOptions {
  /** All that there are, open; at most 64. They are closed with it. */
  readonly places: readonly Place[]
  readonly placement: Placement
  /** The time that runs live by. Default: that of the first place. */
  readonly clock?: Clock
}

/**
 * Several journals as one: a tenant with all its runs, events and positions is wholly in one of them, and no commit crosses. While one is away, those who live there wait, and nobody else.
 * Runs never start runs of other tenants, so that nothing of what a journal promises is lost.
 */
export function placedJournal({ places: all, placement, ...options }: PlacedJournalOptions): Journal {
  const { clock = all[0]?.clock ?? systemClock } = options
  const places = new Places(all, placement, () => ownership.back())
  const ownership = new PlacedOwnership(places, clock)
  return {
    ownership,
    closedCleanly: all.every(({ journal }) => journal.closedCleanly),
    deliver: (message) => deliver(places, message),
    append: (append) => appendTo(places, append),
    ...placedWork(places),
    ...placedHistory(places),
    async close() {
      await Promise.all(all.map(({ journal }) => journal.close()))
    },
  }
}

async function deliver(places: Places, message: Message): Promise<DeliverReceipt> {
  const known = places.known(message.tenant)
  if (known !== null) return known.journal.deliver(message)
  checkMessage(message)
  return (await places.settle(message.tenant)).journal.deliver(message)
}

async function appendTo(places: Places, append: Append): Promise<AppendReceipt> {
  checkAppend(append)
  const home = places.known(append.tenant) ?? (await places.find(append.tenant))
  const index = places.all.indexOf(home)
  const { epoch, place } = decodeEpoch(append.epoch)
  // Of a tenant that lives elsewhere by now.
  if (place !== index) return { outcome: 'fenced', epoch: encodeEpoch(0, index) }
  const receipt = await home.journal.append({ ...append, epoch })
  return receipt.outcome === 'fenced' ? { ...receipt, epoch: encodeEpoch(receipt.epoch, index) } : receipt
}
