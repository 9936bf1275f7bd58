import { isLoopback, reject, type Simulation } from 'tenon/simulator'
import type { z } from 'zod'
import { endpoints, endpointSecrets, given, seconds, version, withMetadata } from './account.ts'
import { failure, found } from './dialect.ts'
import type { WebhookEndpoint } from './objects.ts'
import type { newWebhookEndpoint, webhookEndpointChange } from './requests.ts'

const most = 16

export function makeEndpoint(simulation: Simulation, input: z.output<typeof newWebhookEndpoint>): WebhookEndpoint {
  requireUrl(input.url)
  if (endpoints(simulation).size >= most)
    reject(
      400,
      failure('invalid_request_error', undefined, `You have reached the maximum of ${most} test webhook endpoints.`),
    )
  const endpoint: WebhookEndpoint = {
    id: simulation.id('we_'),
    object: 'webhook_endpoint',
    api_version: input.api_version ?? version,
    created: seconds(simulation),
    description: input.description ?? null,
    enabled_events: input.enabled_events,
    livemode: false,
    metadata: withMetadata({}, input.metadata),
    status: 'enabled',
    url: input.url,
  }
  const secret = `whsec_${simulation.id('')}`
  endpoints(simulation).put(endpoint.id, endpoint)
  endpointSecrets(simulation).put(endpoint.id, secret)
  // Told once, and never again.
  return { ...endpoint, secret }
}

export function changeEndpoint(
  simulation: Simulation,
  { id, disabled, metadata, ...change }: z.output<typeof webhookEndpointChange>,
): WebhookEndpoint {
  const endpoint = endpointOf(simulation, id)
  if (change.url !== undefined) requireUrl(change.url)
  const changed: WebhookEndpoint = {
    ...endpoint,
    ...given(change),
    metadata: withMetadata(endpoint.metadata, metadata),
    status: disabled === undefined ? endpoint.status : disabled ? 'disabled' : 'enabled',
  }
  endpoints(simulation).put(id, changed)
  return changed
}

export function deleteEndpoint(simulation: Simulation, id: string) {
  endpointOf(simulation, id)
  endpoints(simulation).delete(id)
  endpointSecrets(simulation).delete(id)
  return { id, object: 'webhook_endpoint', deleted: true }
}

export function endpointOf(simulation: Simulation, id: string): WebhookEndpoint {
  return found(endpoints(simulation).get(id), 'webhook endpoint', id, 'webhook_endpoint')
}

function requireUrl(url: string): void {
  if (isLoopback(url)) return
  const message = 'Invalid URL: this stand-in for Stripe sends webhooks to this machine only, over http.'
  reject(400, failure('invalid_request_error', 'url_invalid', message, 'url'))
}
