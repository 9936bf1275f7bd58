import { readdir } from 'node:fs/promises'
import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import type { PolicyOptions } from '../definition/policy.ts'
import type { AuthScheme } from './auth-scheme.ts'
import { parseBaseUrl } from './base-url.ts'

/** One account's authorisation to use a connector, ready for use. */
export interface ResolvedConnection {
  readonly tenant: string
  readonly connector: Connector
  readonly name: string
  readonly baseUrl: string
  readonly credentials: Readonly<Record<string, Secret>>
  /** Its origin is a local stand-in: allowed although its address is not public. Its credentials are made up. */
  readonly simulated: boolean
  /** Overrides what the connector and the app say. */
  readonly policies?: PolicyOptions
}

export interface Connections {
  readonly all: readonly ResolvedConnection[]
  /** The named connection; with `null` the tenant's only one of that connector. Throws `CONNECTION_MISSING`. */
  resolve(tenant: string, connector: string, name: string | null): ResolvedConnection
  /** How the requests of a connection are authenticated. */
  schemeOf(connection: ResolvedConnection): AuthScheme
}

/** Loads what the connections need. Rejects with `APP_INVALID` for an unknown scheme, a bad base URL or a name given twice. */
export async function createConnections(options: {
  readonly connections: readonly ResolvedConnection[]
}): Promise<Connections> {
  const all = options.connections
  const schemes = new Map<string, AuthScheme>()
  const tenants = new Map<string, Map<string, Map<string, ResolvedConnection>>>()
  for (const connection of all) {
    const { tenant, connector, name } = connection
    const what = `connection ${connector.name}/${name}`
    parseBaseUrl(connection.baseUrl, what)
    const scheme = connector.options.auth.scheme
    if (!schemes.has(scheme)) schemes.set(scheme, await loadScheme(scheme, connector.name))
    const named = entry(entry(tenants, tenant), connector.name)
    if (named.has(name)) throw new TenonError('APP_INVALID', `${what} is there twice; give one of them another name`)
    named.set(name, connection)
  }
  return {
    all,
    resolve(tenant, connector, name) {
      const named = tenants.get(tenant)?.get(connector)
      if (named === undefined)
        throw missing(`no connection for ${connector}: add defineConnection(${connector}, …) to the app's connections`)
      if (name === null) return only(named, connector)
      const connection = named.get(name)
      if (connection === undefined)
        throw missing(`${connector} has no connection named ${name}; it has ${[...named.keys()].join(', ')}`)
      return connection
    },
    schemeOf: ({ connector }) => schemes.get(connector.options.auth.scheme) as AuthScheme,
  }
}

function entry<Value>(map: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  let inner = map.get(key)
  if (inner === undefined) map.set(key, (inner = new Map()))
  return inner
}

function only(named: ReadonlyMap<string, ResolvedConnection>, connector: string): ResolvedConnection {
  const [first, second] = named.values()
  if (first !== undefined && second === undefined) return first
  const names = [...named.keys()].join(', ')
  throw missing(
    `${connector} has several connections (${names}): name one, as in uses: { ${connector}: ${connector}.connection('${first?.name}') }`,
  )
}

function missing(message: string): TenonError {
  return new TenonError('CONNECTION_MISSING', message)
}

const folder = new URL('auth/', import.meta.url)

/** The folder is the registry (SEC-01): the name comes from a connector's definition, never from a request, and must be that of a file there. */
export async function loadScheme(name: string, connector: string): Promise<AuthScheme> {
  const files = (await readdir(folder)).filter((file) => /^[a-z][a-z\d-]*\.[jt]s$/.test(file))
  const file = files.find((file) => file.slice(0, -3) === name)
  if (file === undefined) {
    throw new TenonError(
      'APP_INVALID',
      `connector ${connector}: there is no auth scheme ${JSON.stringify(name)}; there are ${files.map((one) => one.slice(0, -3)).join(', ')}`,
    )
  }
  return ((await import(new URL(file, folder).href)) as { readonly scheme: AuthScheme }).scheme
}
