import { parseJson } from '../base/json.ts'
import type { DocumentKey, Store, StoredDocument } from '../store/store.ts'
import type { RefreshLife, Tokens } from './auth-scheme.ts'
import type { ConnectionName, ConnectionState } from './managed.ts'
import type { Vault } from './vault.ts'

/** What is known of renewals that failed. */
export interface Failing {
  readonly since: number
  readonly count: number
  readonly retryAt: number
  readonly cause: string
}

/** Only a person can help. */
export interface Lost {
  readonly at: number
  readonly cause: string
  readonly state: Extract<ConnectionState, 'needs-authorisation' | 'revoked'>
}

/** The document `tokens` of a connection; of one that was removed nothing is left but its version. */
export interface TokensBody {
  /** One more with each pair that was obtained. */
  readonly generation: number
  readonly obtainedAt: number
  readonly expiresAt: number | null
  readonly refreshLife: RefreshLife | null
  readonly scopes: readonly string[]
  readonly facts: Readonly<Record<string, string>>
  /** When a person consented. */
  readonly authorisedAt: number | null
  readonly failing: Failing | null
  readonly lost: Lost | null
  /** Sealed for this version of the document; `null` where there are none. */
  readonly access: string | null
  readonly refresh: string | null
}

export interface TokensDocument {
  /** `null` where there never was one. */
  readonly version: number | null
  readonly body: TokensBody
}

export const noTokens: TokensBody = {
  generation: 0,
  obtainedAt: 0,
  expiresAt: null,
  refreshLife: null,
  scopes: [],
  facts: {},
  authorisedAt: null,
  failing: null,
  lost: null,
  access: null,
  refresh: null,
}

export function tokensKey({ tenant, connector, name }: ConnectionName): DocumentKey {
  return { tenant, kind: 'tokens', id: `${connector}/${name}` }
}

function readTokens(document: StoredDocument | null): TokensDocument {
  if (document === null) return { version: null, body: noTokens }
  return { version: document.version, body: { ...noTokens, ...(parseJson(document.body) as Partial<TokensBody>) } }
}

export async function getTokens(store: Store, which: ConnectionName): Promise<TokensDocument> {
  return readTokens(await store.get(tokensKey(which)))
}

const place = ({ tenant, connector, name }: ConnectionName, field: string, version: number) => ({
  tenant,
  connection: `${connector}/${name}`,
  field,
  version,
})

/** `null` where there are none. Rejects with `VAULT_LOCKED` and `SECRET_UNREADABLE`. */
export async function openTokens(
  vault: Vault,
  which: ConnectionName,
  document: TokensDocument,
): Promise<Tokens | null> {
  const { version, body } = document
  if (version === null || body.access === null) return null
  const access = await vault.open(place(which, 'access', version), body.access)
  const refresh = body.refresh === null ? null : await vault.open(place(which, 'refresh', version), body.refresh)
  return {
    access,
    ...(refresh !== null && { refresh }),
    expiresAt: body.expiresAt,
    ...(body.refreshLife !== null && { refreshLife: body.refreshLife }),
    scopes: body.scopes,
    facts: body.facts,
  }
}

/** The document's text, for the version after `version`. */
export async function writeTokens(
  vault: Vault,
  which: ConnectionName,
  { version, body }: TokensDocument,
  tokens: Tokens | null,
): Promise<string> {
  const next = (version ?? 0) + 1
  const access = tokens === null ? null : await vault.seal(place(which, 'access', next), tokens.access)
  const refresh = tokens?.refresh === undefined ? null : await vault.seal(place(which, 'refresh', next), tokens.refresh)
  return JSON.stringify({ ...body, access, refresh } satisfies TokensBody)
}

/** What follows when these tokens were obtained. */
export function succeeding(body: TokensBody, tokens: Tokens, obtainedAt: number): TokensBody {
  return {
    ...body,
    generation: body.generation + 1,
    obtainedAt,
    expiresAt: tokens.expiresAt,
    refreshLife: tokens.refreshLife ?? null,
    scopes: tokens.scopes ?? body.scopes,
    facts: tokens.facts ?? {},
    failing: null,
    lost: null,
  }
}
