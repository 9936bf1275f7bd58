import type { App } from './app.ts'
import { connectorOf } from './check-flow.ts'
import type { Connector } from './connector.ts'
import type { Flow } from './flow.ts'
import { isObject } from './problem.ts'

/** What a flow is started by, waits for and calls. */
export function referredConnectors(flow: Flow): Connector[] {
  const { trigger, uses, waits } = flow.options
  const sources = [trigger, ...Object.values((waits ?? {}) as object)] as unknown[]
  const fromEvents = sources.flatMap((source) =>
    isObject(source) && source['kind'] === 'event-trigger' ? [source['connector'] as Connector] : [],
  )
  const used = Object.values((uses ?? {}) as object).flatMap((value) => connectorOf(value) ?? [])
  return [...fromEvents, ...used]
}

/** Every connector that the app knows, by name: those that its accounts can be connected to. */
export function connectorsOf({ options }: App): ReadonlyMap<string, Connector> {
  const { flows, connections = [], simulators = [] } = options
  const found = [
    ...connections.map(({ connector }) => connector),
    ...simulators.map(({ connector }) => connector),
    ...flows.flatMap(referredConnectors),
  ]
  return new Map(found.toReversed().map((connector) => [connector.name, connector]))
}
