import type { Clock } from '../../base/clock.ts'
import { digestOf, endOf, linkMs, mostLinks, mostSessions, newValue, touchMs, type Sessions } from './sessions.ts'

/** Where sessions outlast a restart. What it loads is not trusted to have any form. */
export interface SessionFile {
  load(): unknown
  save(content: object): void
}

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

/** Sessions of one tenant that one server holds in its memory. */
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
    async issueLink(by) {
      const value = newValue()
      const expiresAt = clock.now() + linkMs
      links.set(digestOf(value), { digest: digestOf(value), tenant, by, expiresAt })
      save()
      return { value, expiresAt }
    },
    isOpen: async (token) => openLink(token) !== null,
    async signIn(token) {
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
    async find(value) {
      const session = alive(value)
      if (session === null) return null
      session.seenAt = clock.now()
      if (session.seenAt - session.savedAt >= touchMs) save()
      return { tenant, by: session.by, expiresAt: endOf(session) }
    },
    isAlive: async (value) => alive(value) !== null,
    async end(value) {
      if (sessions.delete(digestOf(value))) save()
    },
  }
}

/** Lets the oldest go. */
function trim<Entry>(entries: Map<string, Entry>, most: number, ageOf: (entry: Entry) => number): void {
  if (entries.size <= most) return
  const oldest = [...entries].toSorted(([, a], [, b]) => ageOf(a) - ageOf(b)).slice(0, entries.size - most)
  for (const [digest] of oldest) entries.delete(digest)
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
