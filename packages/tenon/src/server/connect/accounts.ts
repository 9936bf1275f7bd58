import { TenonError } from '../../base/errors.ts'
import { createClient } from '../../client/client.ts'
import { testConnection, type ConnectionTest } from '../../client/test-connection.ts'
import type { Tokens } from '../../connection/auth-scheme.ts'
import type { ResolvedConnection } from '../../connection/connection.ts'
import { openGround, type Ground } from '../../connection/ground.ts'
import type { Actor, ConnectionName, ConnectionView, RemoteAccount, Untried } from '../../connection/managed.ts'
import type { Connector } from '../../definition/connector.ts'
import type { ConnectingParts } from './connecting.ts'
import { checkFields, formOf, type ConnectForm } from './form.ts'

/** What a person gives for an account. */
export interface Given {
  /** A field that is left out keeps its value. */
  readonly fields: Readonly<Record<string, string>>
  readonly baseUrl?: string | undefined
}

/** An account that is about to be connected: checked, and with all that it needs. */
export interface Prepared {
  readonly which: ConnectionName
  readonly connector: Connector
  readonly form: ConnectForm
  readonly baseUrl: string
  /** Given, brought by the app, and kept. */
  readonly fields: Readonly<Record<string, string>>
  readonly account: RemoteAccount | null
}

export interface Known {
  readonly connector: Connector
  /** `null` where nothing has that name yet. */
  readonly origin: ConnectionView['origin'] | null
  /** Whose it is, as far as it is stored. */
  readonly account: RemoteAccount | null
}

/** Whose account it is, where the provider says that. */
export interface Found {
  readonly account: RemoteAccount | null
  readonly untried: Untried | null
}

/** The accounts of a tenant, and what can be done with them at once. */
export interface Accounts {
  forms(): readonly ConnectForm[]
  /** Throws `NOT_FOUND` naming the connectors that there are. */
  form(connector: string): ConnectForm
  list(tenant: string): readonly ConnectionView[]
  /** Throws `NOT_FOUND`. */
  show(which: ConnectionName): ConnectionView
  /** What is there under a name. Throws `NOT_FOUND` for a connector that the app does not have. */
  known(which: ConnectionName): Known
  /** Throws `INPUT_INVALID` for what cannot be connected so. */
  prepare(which: ConnectionName, given: Given): Prepared
  ground(prepared: Prepared): Promise<Ground>
  /** Asks the provider whose account it is. Rejects where it lets nobody in, and where one that was known cannot be compared. */
  find(prepared: Prepared, tokens: Tokens | null): Promise<Found>
  /** Tries the fields at the provider, then keeps them. Rejects with `CREDENTIALS_REFUSED`, and with `ACCOUNT_CHANGED` unless that is confirmed. */
  save(
    which: ConnectionName,
    given: Given & { readonly confirmAccountChange: boolean },
    actor: Actor,
  ): Promise<ConnectionView>
  test(which: ConnectionName): Promise<ConnectionTest>
  remove(which: ConnectionName, actor: Actor): Promise<void>
}

const nameForm = /^[A-Za-z][\w-]{0,99}$/

export function createAccounts(parts: ConnectingParts): Accounts {
  return new AccountBook(parts)
}

/** A credential that no request can carry was given by a person just now; in an app's own connection it is a mistake of the app. */
function asInput(error: TenonError, { form }: Prepared): TenonError {
  const isGiven = error.code === 'APP_INVALID' && form.fields.some(({ name }) => name === error.details['field'])
  return isGiven ? new TenonError('INPUT_INVALID', error.message, { details: error.details }) : error
}

class AccountBook implements Accounts {
  readonly #parts: ConnectingParts

  constructor(parts: ConnectingParts) {
    this.#parts = parts
  }

  forms(): readonly ConnectForm[] {
    return [...this.#parts.connectors.values()].map((connector) => this.#formOf(connector))
  }

  form(connector: string): ConnectForm {
    return this.#formOf(this.#connector(connector))
  }

  list(tenant: string): readonly ConnectionView[] {
    return this.#parts.managed.list(tenant)
  }

  show(which: ConnectionName): ConnectionView {
    return this.#parts.managed.show(which)
  }

  known(which: ConnectionName): Known {
    const view = this.list(which.tenant).find(
      ({ connector, name }) => connector === which.connector && name === which.name,
    )
    return {
      connector: this.#connector(which.connector),
      origin: view?.origin ?? null,
      account: view?.origin === 'stored' ? view.account : null,
    }
  }

  prepare(which: ConnectionName, given: Given): Prepared {
    const { connector, origin, account } = this.known(which)
    if (!nameForm.test(which.name))
      throw new TenonError('INPUT_INVALID', 'the name is not 1 to 100 letters, digits, - or _, beginning with a letter')
    if (origin === 'app')
      throw new TenonError(
        'INPUT_INVALID',
        `${which.connector}/${which.name} is written in the app; change its environment variables, or connect under another name`,
      )
    const { brought } = this.#parts
    const form = this.#formOf(connector)
    const stored = origin === 'stored' ? this.#kept(which) : null
    const baseUrl = given.baseUrl ?? stored?.baseUrl ?? form.baseUrl
    const own = brought(which.connector).fields
    // What the app itself brings, such as its client secret, is for the provider's own address: never for one that somebody names (EGR-07).
    if (Object.keys(own).length > 0 && !isSamePlace(baseUrl, form.baseUrl))
      throw new TenonError(
        'INPUT_INVALID',
        `baseUrl: the app brings ${Object.keys(own).join(', ')} of ${which.connector} for ${form.baseUrl} only; leave baseUrl out`,
      )
    const fields = { ...keptFields(form, stored, baseUrl), ...own, ...given.fields }
    checkFields(form, given.fields, fields)
    // The account of a stand-in is none of the provider's: who replaces one by the other has nothing to compare.
    const isSameKind = stored?.simulated === (baseUrl === this.#parts.standIns?.get(which.connector))
    return { which, connector, form, baseUrl, fields, account: isSameKind ? account : null }
  }

  ground({ which, connector, baseUrl, fields }: Prepared): Promise<Ground> {
    const { clock, onSecret, transport, standIns, allowedOrigins = [] } = this.#parts
    return openGround({
      ...which,
      connector,
      baseUrl,
      fields,
      simulated: baseUrl === standIns?.get(connector.name),
      clock,
      ...(onSecret !== undefined && { onSecret }),
      allowedOrigins,
      ...(transport && { transport }),
    })
  }

  async find(prepared: Prepared, tokens: Tokens | null): Promise<Found> {
    if (prepared.connector.options.account === undefined) return { account: null, untried: null }
    const found = await this.#probe(prepared, tokens)
    if (found.outcome === 'works') return { account: found.account, untried: null }
    // An account that was known must be known to be the same (AUT-08); for a new one, a provider that is away is no obstacle.
    if (found.outcome === 'untested') return { account: null, untried: null }
    if (found.outcome === 'unreachable' && prepared.account === null)
      return { account: null, untried: { since: this.#parts.clock.now(), cause: found.error.message } }
    throw asInput(found.error, prepared)
  }

  async save(
    which: ConnectionName,
    { confirmAccountChange, ...given }: Given & { readonly confirmAccountChange: boolean },
    actor: Actor,
  ): Promise<ConnectionView> {
    const prepared = this.prepare(which, given)
    if (!prepared.form.ways.includes('fields'))
      throw new TenonError('INPUT_INVALID', `${which.connector} is connected by a consent at the provider`)
    const found = await this.find(prepared, null)
    const { fields, baseUrl } = prepared
    return this.#parts.managed.save(which, { fields, baseUrl, ...found, confirmAccountChange }, actor)
  }

  async test(which: ConnectionName): Promise<ConnectionTest> {
    const { client, managed } = this.#parts
    const { tenant, connector, name, untried } = this.show(which)
    const found = await testConnection(client, { tenant, connector: this.#connector(connector), connection: name })
    if (untried !== null && found.outcome === 'works') await managed.tried(which, found.account)
    return found
  }

  remove(which: ConnectionName, actor: Actor): Promise<void> {
    return this.#parts.managed.remove(which, actor)
  }

  #connector(name: string): Connector {
    const { connectors } = this.#parts
    const connector = connectors.get(name)
    if (connector !== undefined) return connector
    const known = [...connectors.keys()].join(', ')
    throw new TenonError('NOT_FOUND', `the app has no connector ${name}; it has ${known === '' ? 'none' : known}`)
  }

  #formOf(connector: Connector): ConnectForm {
    const scheme = this.#parts.schemes.get(connector.name)
    if (scheme === undefined) throw new TenonError('INTERNAL', `the scheme of ${connector.name} is not loaded`)
    return formOf(connector, scheme, this.#parts.brought(connector.name))
  }

  /** `null` for one of a stand-in that does not run: nothing of it is of use to the real account that takes its place. */
  #kept({ tenant, connector, name }: ConnectionName): ResolvedConnection | null {
    try {
      return this.#parts.connections.resolve(tenant, connector, name)
    } catch (error) {
      if (TenonError.is(error, 'CONNECTION_MISSING')) return null
      throw error
    }
  }

  async #probe(prepared: Prepared, tokens: Tokens | null): Promise<ConnectionTest> {
    const { clock, onSecret } = this.#parts
    const ground = await this.ground(prepared)
    const { connection } = ground
    const scheme = ground.schemeWith(tokens)
    const probing = createClient({
      connections: { all: [connection], resolve: () => connection, schemeOf: () => scheme },
      clock,
      ...(onSecret !== undefined && { onSecret }),
      transportFor: (_, tls, purpose) => ground.transportFor(tls, purpose),
    })
    try {
      const { tenant, name } = prepared.which
      return await testConnection(probing, { tenant, connector: prepared.connector, connection: name })
    } finally {
      await probing.close()
      await ground.close()
    }
  }
}

/** What is kept goes to where it went before, and nowhere else: a new address needs the secrets anew. */
function keptFields(
  form: ConnectForm,
  stored: ResolvedConnection | null,
  baseUrl: string,
): Readonly<Record<string, string>> {
  if (stored === null) return {}
  const isHere = isSamePlace(baseUrl, stored.baseUrl)
  const isOpen = (field: string): boolean => form.fields.some(({ name, secret }) => name === field && !secret)
  const kept = Object.entries(stored.credentials).filter(([field]) => isHere || isOpen(field))
  return Object.fromEntries(kept.map(([field, secret]) => [field, secret.reveal()]))
}

function isSamePlace(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin
}
