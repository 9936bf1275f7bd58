import type { Simulation } from 'tenon/simulator'
import type { z } from 'zod'
import { customers, given, publish, seconds, withMetadata } from './account.ts'
import { found } from './dialect.ts'
import type { Customer } from './objects.ts'
import type { customerChange, newCustomer } from './requests.ts'

export function makeCustomer(simulation: Simulation, input: z.output<typeof newCustomer>): Customer {
  const { email = null, name = null, phone = null, description = null, metadata } = input
  const customer: Customer = {
    id: simulation.id('cus_'),
    object: 'customer',
    created: seconds(simulation),
    description,
    email,
    livemode: false,
    metadata: withMetadata({}, metadata),
    name,
    phone,
  }
  customers(simulation).put(customer.id, customer)
  publish(simulation, 'customer.created', customer)
  return customer
}

export function changeCustomer(
  simulation: Simulation,
  { id, metadata, ...change }: z.output<typeof customerChange>,
): Customer {
  const customer = livingCustomer(simulation, id)
  const changed = { ...customer, ...given(change), metadata: withMetadata(customer.metadata, metadata) }
  customers(simulation).put(id, changed)
  publish(simulation, 'customer.updated', changed)
  return changed
}

/** What is left of it can still be retrieved. */
export function deleteCustomer(simulation: Simulation, id: string): Customer {
  const customer = livingCustomer(simulation, id)
  const rest = { id, object: 'customer', deleted: true }
  customers(simulation).put(id, rest)
  publish(simulation, 'customer.deleted', customer)
  return rest
}

export function livingCustomer(simulation: Simulation, id: string, param = 'id'): Customer {
  const customer = customers(simulation).get(id)
  return found(customer?.deleted === true ? undefined : customer, 'customer', id, param)
}
