import { rootCertificates } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import type { App } from '../definition/app.ts'
import type { VerifierOutside } from '../definition/verifier.ts'
import { createHooks, type ChangingConnections, type Hooks } from '../trigger/hooks.ts'
import type { TriggerContext } from '../trigger/trigger.ts'
import type { Receiver } from '../trigger/webhook.ts'
import type { AuditTrail } from './audit.ts'

interface HooksOptions extends TriggerContext {
  readonly audit: Pick<AuditTrail, 'record'>
  readonly closing: AsyncDisposableStack
}

/** The places where webhooks of these connections arrive, with what verifying them needs. */
export function openHooks(app: App, connections: ChangingConnections, options: HooksOptions): Hooks {
  return createHooks(app, connections, {
    ...options,
    outside: openOutside(options.clock, options.closing),
    onUnverified: (receiver) => noteUnverified(receiver, options),
  })
}

const limits = { timeoutMs: 5_000, maxAnswerBytes: 64 * 1024 }

/** What verifiers of webhooks may reach. The way out is opened when one of them needs it. */
function openOutside(clock: Clock, closing: AsyncDisposableStack): VerifierOutside {
  let opened: Promise<typeof globalThis.fetch> | null = null
  async function open(): Promise<typeof globalThis.fetch> {
    const { createTransport } = await import('../outbound/transport.ts')
    const { guardedFetch } = await import('../outbound/fetch.ts')
    const transport = createTransport({ clock })
    closing.defer(() => transport.close())
    return guardedFetch(transport, limits)
  }
  return {
    fetch: async (input, init) => (await (opened ??= open()))(input, init),
    authorities: rootCertificates,
  }
}

/** That somebody lets events in unseen is kept in the audit log of whom they are for. */
function noteUnverified({ tenant, connector, connection, verification }: Receiver, { audit, log }: HooksOptions): void {
  const subject = `${connector}/${connection}`
  log.warn('webhook.unverified', { tenant, connection: subject, reason: verification })
  const entry = { tenant, by: 'system', action: 'webhook.unverified', subject, outcome: 'done' } as const
  void audit.record({ ...entry, details: { reason: verification } })
}
