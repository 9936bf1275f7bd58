import type { Tokens } from './auth-scheme.ts'

/** `healthy`: works, or was not used yet. `expiring`: its tokens end soon and could not be renewed yet. `needs-authorisation`: only a person can help. `revoked`: the provider says that it was taken back. */
export type ConnectionState = 'healthy' | 'expiring' | 'needs-authorisation' | 'revoked'

/** The remote account, as the provider names it. */
export interface RemoteAccount {
  readonly id: string
  readonly name: string
}

/** The provider did not answer when the account was to be tried: nobody knows yet whether it works. */
export interface Untried {
  /** Milliseconds since the epoch. */
  readonly since: number
  /** What kept the provider from answering. */
  readonly cause: string
}

/** A connection as people see it: never a secret. */
export interface ConnectionView {
  readonly tenant: string
  readonly connector: string
  readonly name: string
  /** `app`: written in code, its credentials come from the environment. `simulated`: a stand-in. */
  readonly origin: 'stored' | 'app' | 'simulated'
  readonly scheme: string
  readonly baseUrl: string
  /** The fields that are not secret, by name. */
  readonly fields: Readonly<Record<string, string>>
  /** Which secret fields are set. */
  readonly secrets: readonly string[]
  readonly scopes: readonly string[]
  readonly account: RemoteAccount | null
  readonly state: ConnectionState
  /** Why, in plain words, and what to do; `null` when healthy. */
  readonly cause: string | null
  /** `null` where it was tried, or cannot be. */
  readonly untried: Untried | null
  readonly expiresAt: number | null
  /** By a call, since this process started and the connection was changed last. */
  readonly lastUsedAt: number | null
  readonly createdAt: number | null
  readonly createdBy: string | null
  readonly updatedAt: number | null
}

export interface ConnectionName {
  readonly tenant: string
  readonly connector: string
  readonly name: string
}

/** Who orders something, for the audit log. */
export interface Actor {
  readonly by: string
  readonly from?: string
}

/** What people do with connections, by console, command line, API or connect link. Each order is audited, refusals too. */
export interface ManagedConnections {
  list(tenant: string): readonly ConnectionView[]
  /** Throws `NOT_FOUND`. */
  show(which: ConnectionName): ConnectionView
  /**
   * Makes it or replaces what it holds; a field that is left out keeps its value. `account` is the one that the fields were found to belong to: a change of it is
   * refused with `ACCOUNT_CHANGED` unless it is confirmed (AUT-08). Rejects with `INPUT_INVALID` naming the field.
   */
  save(
    which: ConnectionName,
    given: {
      readonly baseUrl?: string
      readonly fields: Readonly<Record<string, string>>
      readonly account?: RemoteAccount | null
      readonly untried?: Untried | null
      readonly confirmAccountChange?: boolean
    },
    actor: Actor,
  ): Promise<ConnectionView>
  /**
   * Takes the tokens of a consent. A change of the remote account is refused with `ACCOUNT_CHANGED` unless it is confirmed (AUT-08).
   */
  authorise(
    which: ConnectionName,
    given: {
      readonly fields?: Readonly<Record<string, string>>
      readonly baseUrl?: string
      readonly tokens: Tokens
      readonly account: RemoteAccount | null
      readonly untried?: Untried | null
      readonly confirmAccountChange: boolean
    },
    actor: Actor,
  ): Promise<ConnectionView>
  /** It works after all, as that account: keeps that of one that was untried, and changes nothing else. */
  tried(which: ConnectionName, account: RemoteAccount): Promise<void>
  /** Takes the tokens back at the provider where it can, then forgets them and the credentials. */
  remove(which: ConnectionName, actor: Actor): Promise<void>
}
