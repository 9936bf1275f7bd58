import type { Simulation } from 'tenon/simulator'

/** The number of the simulated account, and the account that it belongs to. */
export const phoneNumberId = '106540352242922'
export const displayNumber = '15550783881'
export const accountId = '102290129340398'
/** Who writes when nobody is named. */
export const someone = '919820012345'

export interface Quality {
  readonly quality_rating: 'GREEN' | 'YELLOW' | 'RED'
  readonly messaging_limit_tier: string
}

const numbers = (simulation: Simulation) => simulation.table<Quality>('phone_numbers')

export function qualityOf(simulation: Simulation): Quality {
  return numbers(simulation).get(phoneNumberId) ?? { quality_rating: 'GREEN', messaging_limit_tier: 'TIER_UNLIMITED' }
}

export function setQuality(simulation: Simulation, quality: Quality): void {
  numbers(simulation).put(phoneNumberId, quality)
}

export const nowS = (simulation: Simulation): number => Math.floor(simulation.now() / 1000)

/** Tells of messages and their statuses. */
export function notify(simulation: Simulation, type: string, value: Readonly<Record<string, unknown>>): void {
  const metadata = { display_phone_number: displayNumber, phone_number_id: phoneNumberId }
  tell(simulation, type, { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } })
}

/** Tells of a change to the account. */
export function tell(simulation: Simulation, type: string, change: { field: string; value: unknown }): void {
  const entry = [{ id: accountId, time: nowS(simulation), changes: [change] }]
  simulation.deliver(type, { object: 'whatsapp_business_account', entry })
}
