import type { Clock } from '../../base/clock.ts'
import { parseJson } from '../../base/json.ts'
import type { DocumentKey, DocumentWrite, Store } from '../../store/store.ts'
import { digestOf, endOf, linkMs, mostLinks, mostSessions, newValue, touchMs, type Sessions } from './sessions.ts'

interface LinkFacts {
  readonly by: string
  readonly expiresAt: number
}

interface SessionFacts {
  readonly by: string
  readonly createdAt: number
  readonly seenAt: number
}

type Kind = 'session' | 'sign-in-link'

interface Found<Facts> {
  readonly key: DocumentKey
  readonly version: number
  readonly facts: Facts
}

interface StoredSessionsOptions {
  readonly tenant: string
  readonly clock: Pick<Clock, 'now'>
  readonly store: Pick<Store, 'get' | 'list' | 'write'>
}

/** Sessions of one tenant in the store: whoever signs in at one node is signed in at all of them. */
export function createStoredSessions(options: StoredSessionsOptions): Sessions {
  const { tenant, clock } = options
  const { find, makeRoom, write } = documentsOf(options)

  const openLink = async (token: string): Promise<Found<LinkFacts> | null> => {
    const link = await find<LinkFacts>('sign-in-link', token)
    return link !== null && clock.now() < link.facts.expiresAt ? link : null
  }

  const alive = async (value: string): Promise<Found<SessionFacts> | null> => {
    const session = await find<SessionFacts>('session', value)
    return session !== null && clock.now() < endOf(session.facts) ? session : null
  }

  return {
    async issueLink(by) {
      const value = newValue()
      const facts: LinkFacts = { by, expiresAt: clock.now() + linkMs }
      await makeRoom<LinkFacts>('sign-in-link', mostLinks, ({ expiresAt }) => expiresAt)
      await write({ tenant, kind: 'sign-in-link', id: digestOf(value), expect: null, body: JSON.stringify(facts) })
      return { value, expiresAt: facts.expiresAt }
    },
    isOpen: async (token) => (await openLink(token)) !== null,
    async signIn(token) {
      const link = await openLink(token)
      if (link === null) return null
      const value = newValue()
      const now = clock.now()
      const facts: SessionFacts = { by: link.facts.by, createdAt: now, seenAt: now }
      await makeRoom<SessionFacts>('session', mostSessions, endOf)
      // Of two who come with one link at two nodes, one gets in.
      const isFirst = await write(
        { ...link.key, expect: link.version, body: null },
        { tenant, kind: 'session', id: digestOf(value), expect: null, body: JSON.stringify(facts) },
      )
      return isFirst ? { value, expiresAt: endOf(facts) } : null
    },
    async find(value) {
      const session = await alive(value)
      if (session === null) return null
      const { key, version } = session
      const facts = { ...session.facts, seenAt: clock.now() }
      // Whoever else writes it writes the same sign of life, or its end.
      if (facts.seenAt - session.facts.seenAt >= touchMs)
        await write({ ...key, expect: version, body: JSON.stringify(facts) })
      return { tenant, by: facts.by, expiresAt: endOf(facts) }
    },
    isAlive: async (value) => (await alive(value)) !== null,
    async end(value) {
      // A sign of life that is written meanwhile does not keep it.
      for (let session = await find('session', value); session !== null; session = await find('session', value))
        if (await write({ ...session.key, expect: session.version, body: null })) return
    },
  }
}

function documentsOf({ tenant, clock, store }: StoredSessionsOptions) {
  return {
    async find<Facts>(kind: Kind, value: string): Promise<Found<Facts> | null> {
      const key = { tenant, kind, id: digestOf(value) }
      const document = await store.get(key)
      return document === null ? null : { key, version: document.version, facts: parseJson(document.body) as Facts }
    },
    /** What has ended goes when something new comes, and the oldest of what is too much. */
    async makeRoom<Facts>(kind: Kind, most: number, endOfOne: (facts: Facts) => number): Promise<void> {
      const documents = await store.list({ tenant, kind, limit: 1000 })
      const byEnd = documents
        .map(({ id, version, body }) => ({ id, version, end: endOfOne(parseJson(body) as Facts) }))
        .toSorted((a, b) => a.end - b.end)
      const gone = byEnd.filter(({ end }, place) => end <= clock.now() || byEnd.length - place >= most)
      for (const { id, version } of gone)
        await store.write({ changes: [{ tenant, kind, id, expect: version, body: null }] })
    },
    write: async (...changes: readonly DocumentWrite[]): Promise<boolean> =>
      (await store.write({ changes })).outcome === 'written',
  }
}
