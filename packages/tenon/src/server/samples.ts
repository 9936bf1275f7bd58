import type { App } from '../definition/app.ts'
import { referredConnectors } from '../definition/app-connectors.ts'
import type { Flow } from '../definition/flow.ts'
import { isEventTrigger } from '../trigger/trigger.ts'
import type { Application } from './application.ts'

/** What became of the simulators' own examples. */
export interface Samples {
  /** So many were made. */
  readonly made: number
  /** Connectors for which a person has to connect an account first: what is theirs was not made, for its runs would only fail. */
  readonly unconnected: readonly string[]
}

/** Makes the simulators' own examples happen, of those events that start a flow, one after the other. */
export async function makeSamples({
  app,
  simulators,
  unconnected,
}: Pick<Application, 'app' | 'simulators' | 'unconnected'>): Promise<Samples> {
  const missing = unconnected()
  const wanted = new Set<string>()
  let made = 0
  for (const simulator of simulators) {
    for (const { event, input } of simulator.samples) {
      const started = flowsStartedBy(app, simulator.connector, event)
      const wanting = started.flatMap(referredConnectors).filter(({ name }) => missing.has(name))
      for (const { name } of wanting) wanted.add(name)
      if (started.length === 0 || wanting.length > 0) continue
      await simulator.emit(event, input)
      made += 1
    }
  }
  return { made, unconnected: [...wanted].toSorted() }
}

function flowsStartedBy({ options }: App, connector: string, event: string): readonly Flow[] {
  return options.flows.filter(({ options: { trigger } }) => {
    const source: unknown = trigger
    return isEventTrigger(source) && source.connector.name === connector && source.type === event
  })
}
