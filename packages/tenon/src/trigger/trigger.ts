import type { Engine } from '../engine/engine.ts'
import type { Clock } from '../base/clock.ts'
import type { App } from '../definition/app.ts'
import type { Connector } from '../definition/connector.ts'
import { isObject } from '../definition/problem.ts'
import type { EventTrigger } from '../definition/trigger.ts'
import type { VerifierOutside } from '../definition/verifier.ts'
import type { IntakeMeter } from '../telemetry/meter.ts'
import type { Log } from '../telemetry/telemetry.ts'

/** What every kind of trigger works with. */
export interface TriggerContext {
  readonly engine: Pick<Engine, 'accept'>
  readonly tenant: string
  readonly clock: Clock
  readonly log: Log
  readonly meter?: IntakeMeter
  /** For verifiers that must fetch something. */
  readonly outside?: VerifierOutside
}

/** The event types that the flows start from or wait for, by connector. */
export function eventTypesInUse(app: App): ReadonlyMap<Connector, ReadonlySet<string>> {
  const byConnector = new Map<Connector, Set<string>>()
  for (const { options } of app.options.flows) {
    const sources: unknown[] = [options.trigger, ...Object.values((options.waits ?? {}) as object)]
    for (const source of sources) {
      if (!isEventTrigger(source)) continue
      const types = byConnector.get(source.connector) ?? new Set()
      byConnector.set(source.connector, types.add(source.type))
    }
  }
  return byConnector
}

export function isEventTrigger(source: unknown): source is EventTrigger {
  return isObject(source) && source['kind'] === 'event-trigger'
}
