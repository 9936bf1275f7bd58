import { sleep, systemClock, type Clock } from '../base/clock.ts'
import { isElsewhere } from '../postgres/fence.ts'
import type { Placement } from '../postgres/placement.ts'
import { checkAppend, checkMessage } from './check.ts'
import type { Append, AppendReceipt, DeliverReceipt, Journal, Message } from './journal.ts'
import { decodeEpoch, encodeEpoch } from './placed/epoch.ts'
import { Moving, type Moves } from './placed/moving.ts'
import { PlacedOwnership } from './placed/ownership.ts'
import { Places, type Place } from './placed/places.ts'
import { placedHistory, placedWork } from './placed/reads.ts'

export interface PlacedJournalOptions {
  /** All that there are, open; at most 64. They are closed with it. */
  readonly places: readonly Place[]
  readonly placement: Placement
  /** The time that runs live by. Default: that of the first place. */
  readonly clock?: Clock
  /** Where tenants may move. */
  readonly moves?: Moves
}

/** A message for a tenant that moves at the moment is held for so long. */
const heldMs = 5000
const againMs = 100

/**
 * Several journals as one: a tenant with all its runs, events and positions is wholly in one of them, and no commit crosses. While one is away, those who live there wait, and nobody else.
 * Runs never start runs of other tenants, so that nothing of what a journal promises is lost.
 */
export function placedJournal({ places: all, placement, moves, ...options }: PlacedJournalOptions): Journal {
  const { clock = all[0]?.clock ?? systemClock } = options
  const places = new Places(all, placement, () => ownership.back())
  const ownership = new PlacedOwnership(places, clock)
  const moving = moves === undefined ? null : movingOf(moves, { places, ownership, clock })
  return {
    ownership,
    closedCleanly: all.every(({ journal }) => journal.closedCleanly),
    deliver: (message) => deliver(places, message, clock),
    append: (append) => appendTo(places, append),
    ...placedWork(places),
    ...placedHistory(places),
    async close() {
      moving?.stop()
      await Promise.all(all.map(({ journal }) => journal.close()))
    },
  }
}

function movingOf(
  moves: Moves,
  { places, ownership, clock }: { readonly places: Places; readonly ownership: PlacedOwnership; readonly clock: Clock },
): Moving {
  const moving = new Moving(moves, places.placement, clock, {
    leave: (tenant) => ownership.leave(tenant),
    lose: (tenant) => ownership.lose(tenant),
    goOn: () => {
      for (const place of places.all) place.forget?.()
      ownership.back()
    },
  })
  ownership.isResting = (tenant) => moving.isResting(tenant)
  return moving
}

async function deliver(places: Places, message: Message, clock: Clock): Promise<DeliverReceipt> {
  const known = places.known(message.tenant)
  if (known === null) checkMessage(message)
  const home = known ?? (await places.settle(message.tenant))
  return home.journal.deliver(message).catch((error: unknown) => {
    if (!isElsewhere(error)) throw error
    return deliverAgain(places, message, clock, error)
  })
}

/** The tenant has moved, or is moving: whoever sent it need not know, unless it takes long. */
async function deliverAgain(places: Places, message: Message, clock: Clock, refusal: unknown): Promise<DeliverReceipt> {
  const until = clock.now() + heldMs
  let error = refusal
  while (clock.now() < until) {
    await sleep(clock, againMs)
    const home = await places.again(message.tenant)
    try {
      return await home.journal.deliver(message)
    } catch (next) {
      if (!isElsewhere(next)) throw next
      error = next
    }
  }
  throw error
}

async function appendTo(places: Places, append: Append): Promise<AppendReceipt> {
  checkAppend(append)
  const home = places.known(append.tenant) ?? (await places.find(append.tenant))
  const index = places.all.indexOf(home)
  const { epoch, place } = decodeEpoch(append.epoch)
  const fenced: AppendReceipt = { outcome: 'fenced', epoch: encodeEpoch(0, index) }
  // Of a tenant that lives elsewhere by now.
  if (place !== index) return fenced
  try {
    const receipt = await home.journal.append({ ...append, epoch })
    return receipt.outcome === 'fenced' ? { ...receipt, epoch: encodeEpoch(receipt.epoch, index) } : receipt
  } catch (error) {
    if (isElsewhere(error)) return fenced
    throw error
  }
}
