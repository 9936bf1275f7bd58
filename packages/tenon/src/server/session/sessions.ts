import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

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

/** Who is signed in to a server, and the one-time links by which people get in. */
export interface Sessions {
  /** A link's token, good once and for ten minutes. */
  issueLink(by: string): Issued
  /** True while a link with this token would still let someone in. It is not used up by asking. */
  isOpen(token: string): boolean
  /** Uses the link up: a new session, `null` for a token that is unknown, used or expired. */
  signIn(token: string): Issued | null
  /** The session with this value, which counts as a sign of life; `null` for none. */
  find(value: string): Session | null
  /** The same, but no sign of life: for a stream that only stays open. */
  isAlive(value: string): boolean
  end(value: string): void
}

/** Where sessions outlast a restart. What it loads is not trusted to have any form. */
export interface SessionFile {
  load(): unknown
  save(content: object): void
}

const minute = 60_000
const linkMs = 10 * minute
const idleMs = 12 * 60 * minute
/** No session is older than this, whatever is done in it. */
export const longestMs: number = 7 * 24 * 60 * minute
/** A sign of life is written down so often at most. */
const touchMs = 5 * minute
const mostSessions = 100
const mostLinks = 20

interface StoredSession {
  readonly digest: string
  readonly tenant: string
  readonly by: string
  readonly createdAt: number
  seenAt: number
  savedAt: number
}

interface StoredLink {
  readonly digest: string
  readonly tenant: string
  readonly by: string
  readonly expiresAt: number
}

/** Sessions of one tenant. Values are 256 random bits and are looked up by digest, so that neither the file nor the time a look-up takes tells one. */
export function createSessions(options: {
  readonly tenant: string
  readonly clock: Pick<Clock, 'now'>
  readonly file?: SessionFile
}): Sessions {
  const { tenant, clock, file } = options
  const known = readContent(file?.load())
  const sessions = new Map(known.sessions.map((session) => [session.digest, session]))
  const links = new Map(known.links.map((link) => [link.digest, link]))

  const save = (): void => {
    const now = clock.now()
    for (const [digest, session] of sessions) if (endOf(session) <= now) sessions.delete(digest)
    for (const [digest, { expiresAt }] of links) if (expiresAt <= now) links.delete(digest)
    trim(sessions, mostSessions, ({ seenAt }) => seenAt)
    trim(links, mostLinks, ({ expiresAt }) => expiresAt)
    for (const session of sessions.values()) session.savedAt = session.seenAt
    const written = [...sessions.values()].map(({ savedAt: _savedAt, ...session }) => session)
    file?.save({ sessions: written, links: [...links.values()] })
  }

  const alive = (value: string): StoredSession | null => {
    const session = sessions.get(digestOf(value))
    return session !== undefined && session.tenant === tenant && clock.now() < endOf(session) ? session : null
  }

  const openLink = (token: string): StoredLink | null => {
    const link = links.get(digestOf(token))
    return link !== undefined && link.tenant === tenant && clock.now() < link.expiresAt ? link : null
  }

  return {
    issueLink(by) {
      const value = newValue()
      const expiresAt = clock.now() + linkMs
      links.set(digestOf(value), { digest: digestOf(value), tenant, by, expiresAt })
      save()
      return { value, expiresAt }
    },
    isOpen: (token) => openLink(token) !== null,
    signIn(token) {
      const link = openLink(token)
      if (link === null) return null
      links.delete(link.digest)
      const value = newValue()
      const now = clock.now()
      const session = { digest: digestOf(value), tenant, by: link.by, createdAt: now, seenAt: now, savedAt: now }
      sessions.set(session.digest, session)
      save()
      return { value, expiresAt: endOf(session) }
    },
    find(value) {
      const session = alive(value)
      if (session === null) return null
      session.seenAt = clock.now()
      if (session.seenAt - session.savedAt >= touchMs) save()
      return { tenant, by: session.by, expiresAt: endOf(session) }
    },
    isAlive: (value) => alive(value) !== null,
    end(value) {
      if (sessions.delete(digestOf(value))) save()
    },
  }
}

function endOf({ createdAt, seenAt }: StoredSession): number {
  return Math.min(createdAt + longestMs, seenAt + idleMs)
}

/** Lets the oldest go. */
function trim<Entry>(entries: Map<string, Entry>, most: number, ageOf: (entry: Entry) => number): void {
  if (entries.size <= most) return
  const oldest = [...entries].toSorted(([, a], [, b]) => ageOf(a) - ageOf(b)).slice(0, entries.size - most)
  for (const [digest] of oldest) entries.delete(digest)
}

function newValue(): string {
  return randomBytes(32).toString('base64url')
}

function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}

/** What of a file makes sense; the rest of it is as if it were not there, and people sign in again. */
function readContent(content: unknown): { sessions: StoredSession[]; links: StoredLink[] } {
  const { sessions, links } = (typeof content === 'object' && content !== null ? content : {}) as Record<
    string,
    unknown
  >
  return {
    sessions: entriesOf(sessions, {
      digest: 'string',
      tenant: 'string',
      by: 'string',
      createdAt: 'number',
      seenAt: 'number',
    }).map((session) => ({ ...session, savedAt: session['seenAt'] }) as unknown as StoredSession),
    links: entriesOf(links, {
      digest: 'string',
      tenant: 'string',
      by: 'string',
      expiresAt: 'number',
    }) as unknown as StoredLink[],
  }
}

function entriesOf(list: unknown, form: Readonly<Record<string, string>>): Record<string, unknown>[] {
  if (!Array.isArray(list)) return []
  return (list as unknown[]).filter(
    (entry): entry is Record<string, unknown> =>
      typeof entry === 'object' &&
      entry !== null &&
      Object.entries(form).every(([name, kind]) => typeof (entry as Record<string, unknown>)[name] === kind),
  )
}
