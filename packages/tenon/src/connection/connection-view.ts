import { TenonError } from '../base/errors.ts'
import type { Connector } from '../definition/connector.ts'
import { isGivenUp, type AuthorisationLife } from './authorisation-life.ts'
import type { ResolvedConnection } from './connection.ts'
import type { ConnectionState, ConnectionView } from './managed.ts'
import type { StoredEntry } from './stored-connections.ts'
import type { TokensBody } from './tokens-document.ts'

/** When a call used a connection last, `null` for not yet. */
export type LastUse = (connection: ResolvedConnection) => number | null

type Told = Pick<ConnectionView, 'state' | 'cause' | 'expiresAt'>

/** A stored connection as people see it. */
export function viewOf(entry: StoredEntry, now: number, lastUsedAt: LastUse): ConnectionView {
  const { which, connector, document, tokens, connection } = entry
  const { body } = document
  return {
    ...which,
    origin: 'stored',
    scheme: connector.options.auth.scheme,
    baseUrl: TenonError.is(connection) ? (body.baseUrl ?? connector.options.baseUrl) : connection.baseUrl,
    fields: body.fields,
    secrets: Object.keys(body.sealed),
    scopes: tokens.body.scopes,
    account: body.account,
    ...stateOf(entry, now),
    untried: body.untried ?? null,
    lastUsedAt: TenonError.is(connection) ? null : lastUsedAt(connection),
    createdAt: body.createdAt,
    createdBy: body.createdBy,
    updatedAt: Math.max(body.updatedAt, tokens.body.authorisedAt ?? 0),
  }
}

/** Schemes whose first tokens a person's consent gives. */
const consented = new Set(['oauth2', 'device'])

const isConsented = ({ options }: Connector): boolean => consented.has(options.auth.scheme)

function unconnected({ connector, name }: { readonly connector: string; readonly name: string }): string {
  return `no account is connected yet: connect one in the console or by tenon connect ${connector} --name ${name}`
}

export function stateOf({ which, connector, tokens: { body }, life, connection }: StoredEntry, now: number): Told {
  const { lost, failing, expiresAt, access } = body
  const told = (state: ConnectionState, cause: string | null): Told => ({ state, cause, expiresAt })
  if (TenonError.is(connection)) return told('needs-authorisation', connection.message)
  if (lost !== null) return told(lost.state, lost.cause)
  if (access === null && isConsented(connector)) return told('needs-authorisation', unconnected(which))
  if (failing === null) return endingOf(life, body, now) ?? told('healthy', null)
  const left = expiresAt !== null && expiresAt > now ? 'its token still serves' : 'calls wait for it'
  return told(
    'expiring',
    `${failing.cause} (${failing.count} times; ${left}${isGivenUp(body) ? '; only a call tries it again' : ''})`,
  )
}

/** One that ends by itself, though nothing failed; `null` while there is time. */
function endingOf(
  { endsAt, expiringAt }: AuthorisationLife,
  { refresh, expiresAt }: TokensBody,
  now: number,
): Told | null {
  if (endsAt === null || now < expiringAt) return null
  const end = new Date(endsAt).toISOString()
  if (refresh !== null)
    return { state: 'expiring', cause: `its refresh token ends on ${end}; connect the account again before`, expiresAt }
  const hasEnded = now >= endsAt
  return {
    state: hasEnded ? 'needs-authorisation' : 'expiring',
    cause: `its access token ${hasEnded ? 'ended' : 'ends'} on ${end}, and there is no refresh token; connect the account again`,
    expiresAt,
  }
}

/** One that is written in code, or a stand-in. */
export function viewOfApp(connection: ResolvedConnection, lastUsedAt: LastUse): ConnectionView {
  const { tenant, connector, name, baseUrl, credentials, simulated } = connection
  const fields = Object.keys(credentials)
  return {
    tenant,
    connector: connector.name,
    name,
    origin: simulated ? 'simulated' : 'app',
    scheme: connector.options.auth.scheme,
    baseUrl,
    fields: Object.fromEntries(
      fields.filter((field) => isPlain(connector, field)).map((field) => [field, credentials[field]?.reveal() ?? '']),
    ),
    secrets: fields.filter((field) => !isPlain(connector, field)),
    scopes: [],
    account: null,
    // Nothing that is written in code holds what a person's consent gives.
    ...(isConsented(connector)
      ? { state: 'needs-authorisation', cause: unconnected({ connector: connector.name, name }) }
      : { state: 'healthy', cause: null }),
    untried: null,
    expiresAt: null,
    lastUsedAt: lastUsedAt(connection),
    createdAt: null,
    createdBy: null,
    updatedAt: null,
  }
}

function isPlain({ options }: Connector, field: string): boolean {
  return options.auth.fields[field]?.secret === false
}
