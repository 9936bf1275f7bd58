import type { Simulation } from 'tenon/simulator'
import type {
  Charge,
  Customer,
  Dispute,
  PaymentIntent,
  PaymentMethod,
  Refund,
  StripeEvent,
  WebhookEndpoint,
} from './objects.ts'

/** The version of the simulated account. */
export const version = '2026-10-28.endive'

export const payments = (simulation: Simulation) => simulation.table<PaymentIntent>('payment_intents')
export const charges = (simulation: Simulation) => simulation.table<Charge>('charges')
export const refunds = (simulation: Simulation) => simulation.table<Refund>('refunds')
export const disputes = (simulation: Simulation) => simulation.table<Dispute>('disputes')
export const customers = (simulation: Simulation) => simulation.table<Customer>('customers')
export const paymentMethods = (simulation: Simulation) => simulation.table<PaymentMethod>('payment_methods')
export const endpoints = (simulation: Simulation) => simulation.table<WebhookEndpoint>('webhook_endpoints')
export const events = (simulation: Simulation) => simulation.table<StripeEvent>('events')
// Not among the objects: whoever may look at the simulator's state need not see them.
export const endpointSecrets = (simulation: Simulation) => simulation.table<string>('$endpoint_secrets')
/** The test payment method that one was made from. */
export const origins = (simulation: Simulation) => simulation.table<string>('$payment_method_origins')

export const seconds = (simulation: Simulation) => Math.floor(simulation.now() / 1000)

const eventLifeS = 30 * 86_400

/** Events of the last thirty days. */
export function recentEvents(simulation: Simulation): StripeEvent[] {
  const since = seconds(simulation) - eventLifeS
  return [...events(simulation).values()].filter(({ created }) => created > since)
}

/** Makes an event of it, for the subscriber and for every endpoint that wants it. */
export function publish(simulation: Simulation, type: string, object: Readonly<Record<string, unknown>>): void {
  const wanting = [...endpoints(simulation).values()].filter((endpoint) => wants(endpoint, type))
  const event: StripeEvent = {
    id: simulation.id('evt_'),
    object: 'event',
    api_version: version,
    type,
    created: seconds(simulation),
    livemode: false,
    pending_webhooks: wanting.length + 1,
    request: { id: null, idempotency_key: null },
    data: { object },
  }
  events(simulation).put(event.id, event)
  simulation.deliver(type, event)
  for (const { id, url, api_version } of wanting) {
    const secret = endpointSecrets(simulation).get(id) ?? ''
    // An endpoint gets events in its own version, whatever the request was made with.
    simulation.deliver(type, { ...event, api_version: api_version ?? version }, { url, secret })
  }
}

function wants({ status, enabled_events }: WebhookEndpoint, type: string): boolean {
  return status === 'enabled' && enabled_events.some((enabled) => enabled === '*' || enabled === type)
}

/** Metadata with a change: an empty value takes its key away. */
export function withMetadata(
  metadata: Readonly<Record<string, string>> | null | undefined,
  change: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const merged = { ...metadata, ...change }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''))
}

/** What was given of a change. */
export function given<Change extends object>(
  change: Change,
): { [Name in keyof Change]?: Exclude<Change[Name], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Change
}
