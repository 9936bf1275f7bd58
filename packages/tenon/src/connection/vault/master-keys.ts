/** A data key as it is stored: only the master key that wrapped it makes it a key again. */
export interface WrappedKey {
  /** Of the master key. */
  readonly masterKey: string
  readonly wrapped: Uint8Array
}

/**
 * Who holds the master key. It never leaves its holder, which may be a key management service: data keys are handed over to be wrapped and unwrapped. `tenant` is bound
 * to what is wrapped (the encryption context of such services). Rejects with `VAULT_LOCKED`, `retryable` where it may be only for now, and with `SECRET_UNREADABLE` for
 * what it did not wrap for that tenant.
 */
export interface MasterKeys {
  /** For people: where the key comes from. */
  readonly source: string
  /** Id of the key that wraps now. */
  current(): Promise<string>
  wrap(tenant: string, dataKey: Uint8Array): Promise<WrappedKey>
  unwrap(tenant: string, wrapped: WrappedKey): Promise<Uint8Array>
  /** Makes a new key that wraps from now on; the former ones go on to unwrap. Rejects with `FORBIDDEN` and the remedy where keys are made elsewhere. */
  renew(): Promise<void>
}
