import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { App, Connection } from '../definition/app.ts'
import type { Connector } from '../definition/connector.ts'
import type { ResolvedConnection } from './connection.ts'

/** A running stand-in for a provider, and the credentials that were made up for it. */
export interface SimulatedProvider {
  readonly connector: Connector
  readonly baseUrl: string
  readonly credentials: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

const defaultTenant = 'default'

/** The app's connections with their credentials from the environment; a simulated one for each connector that has none. Throws `APP_INVALID` naming what is missing. */
export function resolveFromApp(
  app: App,
  environment: Environment,
  simulated: readonly SimulatedProvider[] = [],
): ResolvedConnection[] {
  const real = (app.options.connections ?? []).map((connection) => resolveOne(connection, environment))
  const connected = new Set(real.map(({ connector }) => connector.name))
  const standIns = simulated.filter(({ connector }) => !connected.has(connector.name)).map(simulatedConnection)
  return [...real, ...standIns]
}

function resolveOne(connection: Connection, environment: Environment): ResolvedConnection {
  const { connector, name, policies } = connection
  const what = `connection ${connector.name}/${name}`
  refuseStrangeFields(connection, what)
  const credentials = Object.entries(connection.credentials).map(([field, { variable }]) => {
    const value = environment[variable]
    if (value === undefined || value === '') {
      throw new TenonError('APP_INVALID', `${what}: the environment variable ${variable} (${field}) is not set`, {
        details: { variable, field },
      })
    }
    return [field, new Secret(value)] as const
  })
  const baseUrl = connection.baseUrl ?? connector.options.baseUrl
  return {
    tenant: defaultTenant,
    connector,
    name,
    baseUrl,
    credentials: Object.fromEntries(credentials),
    simulated: false,
    ...(policies && { policies }),
  }
}

function refuseStrangeFields({ connector, credentials }: Connection, what: string): void {
  const { auth, webhooks } = connector.options
  const known = Object.keys(auth.fields)
  const wanted = known.filter((field) => auth.fields[field]?.optional !== true)
  const signed = webhooks?.verify.field ?? null
  const allowed = new Set([...known, ...(signed === null ? [] : [signed]), ...(webhooks?.fields ?? [])])
  const missing = wanted.find((field) => !Object.hasOwn(credentials, field))
  if (missing !== undefined) {
    throw new TenonError(
      'APP_INVALID',
      `${what}: the credential ${missing} is missing; add ${missing}: fromEnvironment('…')`,
      {
        details: { field: missing },
      },
    )
  }
  const strange = Object.keys(credentials).find((field) => !allowed.has(field))
  if (strange !== undefined) {
    throw new TenonError(
      'APP_INVALID',
      `${what}: ${connector.name} knows no credential ${strange}; it knows ${[...allowed].join(', ')}`,
      {
        details: { field: strange },
      },
    )
  }
}

function simulatedConnection({ connector, baseUrl, credentials }: SimulatedProvider): ResolvedConnection {
  const secrets = Object.entries(credentials).map(([field, value]) => [field, new Secret(value)])
  return {
    tenant: defaultTenant,
    connector,
    name: 'main',
    baseUrl,
    credentials: Object.fromEntries(secrets),
    simulated: true,
  }
}
