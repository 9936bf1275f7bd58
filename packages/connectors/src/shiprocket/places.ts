import type { Simulation } from 'tenon/simulator'
import type { z } from 'zod'
import { invalidField } from './dialect.ts'
import type { newPickupLocation } from './objects.ts'

type Place = z.output<typeof newPickupLocation> & { readonly id: number }

const places = (simulation: Simulation) => simulation.table<Place>('pickup_locations')

/** What a new account begins with. */
export function firstPlaces(simulation: Simulation): void {
  const address = {
    name: 'Asha',
    email: 'asha@example.com',
    phone: '9800001001',
    address: '12 Lavelle Road, Bengaluru',
  }
  const where = { city: 'Bengaluru', state: 'Karnataka', country: 'India', pin_code: '560001' }
  for (const pickup_location of ['Primary', 'Workshop']) keep(simulation, { pickup_location, ...address, ...where })
}

export function addPlace(simulation: Simulation, place: z.output<typeof newPickupLocation>) {
  if (isPickupLocation(simulation, place.pickup_location))
    invalidField('pickup_location', 'The pickup location has already been taken.')
  const { id } = keep(simulation, place)
  return { success: true, address: place, pickup_id: id, company_name: 'shiprocket', full_name: place.name }
}

export function listPlaces(simulation: Simulation) {
  return { data: { shipping_address: [...places(simulation).values()], allow_more: 1, company_name: 'Joinery' } }
}

export function isPickupLocation(simulation: Simulation, name: string): boolean {
  return places(simulation).get(name) !== undefined
}

function keep(simulation: Simulation, place: z.output<typeof newPickupLocation>): Place {
  const kept = { ...place, id: simulation.number('place', 7_400_000), company_id: 25_149 }
  places(simulation).put(place.pickup_location, kept)
  return kept
}
