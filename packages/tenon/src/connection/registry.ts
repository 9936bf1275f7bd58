import { TenonError } from '../base/errors.ts'
import type { ResolvedConnection } from './connection.ts'

type Entry = ResolvedConnection | TenonError

/** Connections by tenant, connector and name. What cannot be used now stands there as the error that says why. */
export class Registry {
  readonly #tenants = new Map<string, Map<string, Map<string, Entry>>>()
  #all: readonly ResolvedConnection[] | null = null

  /** Puts it in the place of what has its name. */
  set(
    which: { readonly tenant: string; readonly connector: string; readonly name: string },
    entry: Entry | null,
  ): void {
    const named = inner(inner(this.#tenants, which.tenant), which.connector)
    if (entry === null) named.delete(which.name)
    else named.set(which.name, entry)
    this.#all = null
  }

  has(tenant: string, connector: string, name: string): boolean {
    return this.#tenants.get(tenant)?.get(connector)?.has(name) === true
  }

  get all(): readonly ResolvedConnection[] {
    this.#all ??= [...this.#tenants.values()].flatMap((connectors) =>
      [...connectors.values()].flatMap((named) => visible(named).filter((entry) => !TenonError.is(entry))),
    ) as ResolvedConnection[]
    return this.#all
  }

  resolve(tenant: string, connector: string, name: string | null): ResolvedConnection {
    const named = this.#tenants.get(tenant)?.get(connector)
    if (named === undefined || named.size === 0)
      throw missing(
        `no connection for ${connector}: add defineConnection(${connector}, …) to the app's connections, or connect an account`,
      )
    const entry = name === null ? only(named, connector) : named.get(name)
    if (entry === undefined)
      throw missing(`${connector} has no connection named ${name}; it has ${[...named.keys()].join(', ')}`)
    if (TenonError.is(entry)) throw entry
    return entry
  }
}

const isStandIn = (entry: Entry): boolean => !TenonError.is(entry) && entry.simulated

/** A stand-in steps aside when there is an account. */
function visible(named: ReadonlyMap<string, Entry>): readonly Entry[] {
  const entries = [...named.values()]
  const real = entries.filter((entry) => !isStandIn(entry))
  return real.length === 0 ? entries : real
}

function only(named: ReadonlyMap<string, Entry>, connector: string): Entry {
  const [first, second] = visible(named)
  if (first !== undefined && second === undefined) return first
  const names = [...named].filter(([, entry]) => !isStandIn(entry)).map(([name]) => name)
  const shown = names.length === 0 ? [...named.keys()] : names
  throw missing(
    `${connector} has several connections (${shown.join(', ')}): name one, as in uses: { ${connector}: ${connector}.connection('${shown[0]}') }`,
  )
}

function inner<Value>(map: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  let found = map.get(key)
  if (found === undefined) map.set(key, (found = new Map()))
  return found
}

function missing(message: string): TenonError {
  return new TenonError('CONNECTION_MISSING', message)
}
