import { parseJson } from '../base/json.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { Connector } from '../definition/connector.ts'
import type { DocumentKey } from '../store/store.ts'
import type { ConnectionName, RemoteAccount, Untried } from './managed.ts'
import type { Vault } from './vault.ts'

/** The document `connection`. */
export interface ConnectionBody {
  /** `null`: the connector's own. */
  readonly baseUrl: string | null
  /** It was connected to a simulator, and goes to it. */
  readonly simulated: boolean
  /** Fields that are no secret. */
  readonly fields: Readonly<Record<string, string>>
  /** The others, sealed for this version of the document. */
  readonly sealed: Readonly<Record<string, string>>
  readonly account: RemoteAccount | null
  readonly untried?: Untried | null
  readonly createdAt: number
  readonly createdBy: string
  readonly updatedAt: number
}

export interface ConnectionDocument {
  readonly version: number
  readonly body: ConnectionBody
}

export function connectionKey({ tenant, connector, name }: ConnectionName): DocumentKey {
  return { tenant, kind: 'connection', id: `${connector}/${name}` }
}

export function nameOf(tenant: string, id: string): ConnectionName {
  const slash = id.indexOf('/')
  return { tenant, connector: id.slice(0, slash), name: id.slice(slash + 1) }
}

export function readConnection({
  version,
  body,
}: {
  readonly version: number
  readonly body: string
}): ConnectionDocument {
  return { version, body: parseJson(body) as ConnectionBody }
}

const place = ({ tenant, connector, name }: ConnectionName, field: string, version: number) => ({
  tenant,
  connection: `${connector}/${name}`,
  field,
  version,
})

/** All fields, secret or not. Rejects with `VAULT_LOCKED` and `SECRET_UNREADABLE`. */
export async function openFields(
  vault: Vault,
  which: ConnectionName,
  { version, body }: ConnectionDocument,
): Promise<Readonly<Record<string, Secret>>> {
  const plain = Object.entries(body.fields).map(([field, value]) => [field, new Secret(value)] as const)
  const secret = Object.entries(body.sealed).map(
    async ([field, sealed]) => [field, await vault.open(place(which, field, version), sealed)] as const,
  )
  return Object.fromEntries([...plain, ...(await Promise.all(secret))])
}

/** The fields as they are stored in that version. */
export async function sealFields(
  vault: Vault,
  which: ConnectionName,
  {
    connector,
    fields,
    version,
  }: { readonly connector: Connector; readonly fields: Readonly<Record<string, Secret>>; readonly version: number },
): Promise<Pick<ConnectionBody, 'fields' | 'sealed'>> {
  const plain: Record<string, string> = {}
  const sealed: Record<string, string> = {}
  for (const [field, secret] of Object.entries(fields)) {
    if (isSecret(connector, field)) sealed[field] = await vault.seal(place(which, field, version), secret)
    else plain[field] = secret.reveal()
  }
  return { fields: plain, sealed }
}

function isSecret({ options }: Connector, field: string): boolean {
  return options.auth.fields[field]?.secret !== false
}

/** Throws `INPUT_INVALID` that names the field which the connector does not know or which is missing. */
export function requireFields(connector: Connector, names: readonly string[]): void {
  const { auth, webhooks } = connector.options
  const wanted = Object.keys(auth.fields).filter((field) => auth.fields[field]?.optional !== true)
  const signed = webhooks?.verify.field ?? null
  const known = new Set([
    ...Object.keys(auth.fields),
    ...(signed === null ? [] : [signed]),
    ...(webhooks?.fields ?? []),
  ])
  const strange = names.find((field) => !known.has(field))
  if (strange !== undefined)
    throw new TenonError(
      'INPUT_INVALID',
      `${connector.name} knows no field ${strange}; it knows ${[...known].join(', ')}`,
      { details: { field: strange } },
    )
  const missing = wanted.find((field) => !names.includes(field))
  if (missing !== undefined)
    throw new TenonError('INPUT_INVALID', `${connector.name} needs the field ${missing}`, {
      details: { field: missing },
    })
}
