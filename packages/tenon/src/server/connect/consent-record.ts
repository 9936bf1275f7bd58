import type { PendingConsent, Tokens } from '../../connection/auth-scheme.ts'
import type { ConnectionName, RemoteAccount } from '../../connection/managed.ts'
import { Secret } from '../../base/secret.ts'

/** Who began a consent: only they can end it. */
export interface Starter {
  readonly kind: 'session' | 'token' | 'visit'
  /** Digest of the session or visit; empty for the token. */
  readonly id: string
  readonly by: string
}

export type ConsentState = 'pending' | 'taken' | 'account-changed' | 'connected' | 'failed'

/** What is known of a consent and is no secret. */
export interface ConsentFacts {
  readonly way: 'browser' | 'device'
  readonly connector: string
  readonly name: string
  readonly baseUrl: string
  readonly starter: Starter
  readonly state: ConsentState
  readonly expiresAt: number
  readonly problem: { readonly code: string; readonly message: string } | null
  /** Where another account came back than the one before. */
  readonly accounts: { readonly before: RemoteAccount | null; readonly now: RemoteAccount | null } | null
  /** For a device: when the provider may be asked next. */
  readonly pollAt?: number
  readonly intervalMs?: number
}

/** What the vault keeps of it. */
export interface ConsentSecrets {
  readonly fields: Readonly<Record<string, string>>
  readonly pending?: PendingConsent
  readonly tokens?: WrittenTokens
}

/** Of a consent, for those who began it. */
export interface ConsentView extends Pick<ConsentFacts, 'way' | 'state' | 'problem' | 'accounts' | 'expiresAt'> {
  readonly consent: string
  readonly connector: string
  readonly name: string
}

export interface WrittenTokens extends Omit<Tokens, 'access' | 'refresh'> {
  readonly access: string
  readonly refresh?: string
}

export function writeTokens({ access, refresh, ...rest }: Tokens): WrittenTokens {
  return { ...rest, access: access.reveal(), ...(refresh !== undefined && { refresh: refresh.reveal() }) }
}

export function readTokens({ access, refresh, ...rest }: WrittenTokens): Tokens {
  return { ...rest, access: new Secret(access), ...(refresh !== undefined && { refresh: new Secret(refresh) }) }
}

export function nameOf(tenant: string, { connector, name }: ConsentFacts): ConnectionName {
  return { tenant, connector, name }
}

export function isSameStarter(left: Starter, right: Starter): boolean {
  return left.kind === right.kind && left.id === right.id
}
