import type { Secret } from '../base/secret.ts'
import type { Actor } from './managed.ts'

/** Where a secret belongs: what was sealed for one place opens at no other. */
export interface SecretPlace {
  readonly tenant: string
  /** `<connector>/<name>`, or what else holds a secret, such as `connect-session/<id>`. */
  readonly connection: string
  readonly field: string
  /** Of the document that holds it. */
  readonly version: number
}

/** Seals secrets for the store: AES-256-GCM, a key per tenant, which a master key wraps. */
export interface Vault {
  /** Text that may be stored. Rejects with `VAULT_LOCKED` while the master key cannot be had. */
  seal(place: SecretPlace, secret: Secret): Promise<string>
  /** Rejects with `VAULT_LOCKED`, and with `SECRET_UNREADABLE` for what was sealed for another place, by another key or was changed. */
  open(place: SecretPlace, sealed: string): Promise<Secret>
}

/** What an operator does with it. Each order is audited. */
export interface ManagedVault extends Vault {
  /** At the start, before anything is sealed. Rejects with `VAULT_LOCKED` when the master key is missing, does not fit what is stored, or (`retryable`) cannot be asked. */
  check(): Promise<void>
  status(): Promise<VaultStatus>
  /**
   * Wraps every data key by a new master key, while everything goes on; where an earlier rotation was not finished, it is finished instead. Resolves when it has
   * begun, with a promise of its end: then the old key is no longer used. A second call joins the first.
   */
  rotate(actor: Actor): Promise<{ readonly finished: Promise<VaultStatus> }>
  /** Destroys the tenant's data key and all its documents: nothing that was sealed for it opens again, not from a copy of the files either. */
  eraseTenant(tenant: string, actor: Actor): Promise<void>
  /** Proves later that this text was written by a holder of the vault; `null` while nothing was ever sealed. */
  sign(text: string): Promise<string | null>
}

export interface VaultStatus {
  /** `empty`: nothing was sealed yet, and there need not be a master key. `locked`: the master key cannot be had. */
  readonly state: 'empty' | 'open' | 'locked'
  /** Why it is locked, and what to do. */
  readonly cause: string | null
  /** Where the master key comes from. */
  readonly source: string
  /** Id of the master key that wraps now; `null` while it cannot be had. */
  readonly masterKey: string | null
  /** How many data keys each master key wraps; one that is not named here is not used. */
  readonly dataKeys: readonly { readonly masterKey: string; readonly count: number }[]
  /** At work in this process, or what stopped the last one there. */
  readonly rotation: { readonly done: number; readonly total: number; readonly problem: string | null } | null
}
