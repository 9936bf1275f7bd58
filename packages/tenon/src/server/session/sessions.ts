import { createHash, randomBytes } from 'node:crypto'

/** A person who signed in. */
export interface Session {
  readonly tenant: string
  readonly by: string
  /** When it ends if nothing more is done, in milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A new secret, to be shown once; only its digest is kept. */
export interface Issued {
  readonly value: string
  readonly expiresAt: number
}

/**
 * Who is signed in, and the one-time links by which people get in. Values are 256 random bits and are looked up by digest, so that neither what is stored nor the
 * time a look-up takes tells one.
 */
export interface Sessions {
  /** A link's token, good once and for ten minutes. */
  issueLink(by: string): Promise<Issued>
  /** True while a link with this token would still let someone in. It is not used up by asking. */
  isOpen(token: string): Promise<boolean>
  /** Uses the link up: a new session, `null` for a token that is unknown, used or expired. */
  signIn(token: string): Promise<Issued | null>
  /** The session with this value, which counts as a sign of life; `null` for none. */
  find(value: string): Promise<Session | null>
  /** The same, but no sign of life: for a stream that only stays open. */
  isAlive(value: string): Promise<boolean>
  end(value: string): Promise<void>
}

const minute = 60_000
export const linkMs: number = 10 * minute
const idleMs = 12 * 60 * minute
/** No session is older than this, whatever is done in it. */
export const longestMs: number = 7 * 24 * 60 * minute
/** A sign of life is written down so often at most. */
export const touchMs: number = 5 * minute
export const mostSessions = 100
export const mostLinks = 20

/** When a session ends if nothing more is done. */
export function endOf({ createdAt, seenAt }: { readonly createdAt: number; readonly seenAt: number }): number {
  return Math.min(createdAt + longestMs, seenAt + idleMs)
}

export function newValue(): string {
  return randomBytes(32).toString('base64url')
}

export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
