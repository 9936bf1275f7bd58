import type { ResolvedConnection } from '../connection/connection.ts'
import type { App } from '../definition/app.ts'
import { eventTypesInUse, type TriggerContext } from './trigger.ts'
import { sharedReceiver } from './shared-receiver.ts'
import { createReceiver, type Receiver, type Webhook } from './webhook.ts'

const defaultTenant = 'default'

/** The places where events arrive: those of the connections that there are at the moment. */
export interface Hooks {
  readonly all: readonly Webhook[]
  /** By its path as a request names it, without the query. */
  at(path: string): Webhook | undefined
}

/** The connections that there are, and who is told when others are. */
export interface ChangingConnections {
  readonly all: readonly ResolvedConnection[]
  /** Calls after a connection came, went or was replaced; gives how to stop that. */
  readonly onChange?: (changed: () => void) => () => void
}

export interface HooksContext extends TriggerContext {
  /** Is told once of each receiver that verifies nothing. */
  readonly onUnverified?: (receiver: Receiver) => void
}

/**
 * `/hooks/<connector>/<connection>` for each account of the default tenant and `/hooks/<connector>/<tenant>/<connection>` for those of others, of the connectors whose
 * events some flow uses; the default tenant's main account has `/hooks/<connector>`, too. Where a provider sends the events of all accounts to one address, that is theirs.
 */
export function createHooks(app: App, connections: ChangingConnections, context: HooksContext): Hooks {
  const types = eventTypesInUse(app)
  const receivers = new WeakMap<ResolvedConnection, Receiver>()
  let paths: Map<string, Webhook> | null = null
  connections.onChange?.(() => {
    paths = null
  })

  // A connection that stays keeps its receiver: many change one by one.
  function receiverOf(connection: ResolvedConnection, used: ReadonlySet<string>): Receiver {
    let receiver = receivers.get(connection)
    if (receiver === undefined) {
      receiver = createReceiver(connection, used, context)
      receivers.set(connection, receiver)
      if (receiver.isUnverified) context.onUnverified?.(receiver)
    }
    return receiver
  }

  function current(): ReadonlyMap<string, Webhook> {
    if (paths !== null) return paths
    paths = new Map()
    const { all } = connections
    for (const [connector, used] of types) {
      const base = `/hooks/${connector.options.webhooks?.path ?? connector.name}`
      const own = all.filter((connection) => connection.connector.name === connector.name)
      const ofDefault = own.filter(({ tenant }) => tenant === defaultTenant)
      const main = ofDefault.find(({ name }) => name === 'main') ?? (ofDefault.length === 1 ? ofDefault[0] : undefined)
      const shared = connector.options.webhooks?.shared === true
      const [one, ...more] = shared ? own.map((connection) => receiverOf(connection, used)) : []
      if (one !== undefined) paths.set(base, { ...sharedReceiver([one, ...more], context), path: base })
      else if (main !== undefined) paths.set(base, { ...receiverOf(main, used), path: base })
      for (const connection of own) {
        const path = `${base}/${placeOf(connection)}`
        paths.set(path, { ...receiverOf(connection, used), path })
      }
    }
    return paths
  }

  return {
    get all() {
      return [...current().values()]
    },
    at: (path) => current().get(path),
  }
}

/** Encoded: no name of one tenant's connection may lead to another's. */
function placeOf({ tenant, name }: ResolvedConnection): string {
  const place = encodeURIComponent(name)
  return tenant === defaultTenant ? place : `${encodeURIComponent(tenant)}/${place}`
}
