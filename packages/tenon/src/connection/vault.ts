import type { Secret } from '../base/secret.ts'

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
  /** Destroys the tenant's key: nothing that was sealed for it opens again. */
  eraseTenant(tenant: string): Promise<void>
}
