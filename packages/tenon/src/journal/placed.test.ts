import { describe, expect, test } from 'vitest'
import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { joinDatabases } from '../postgres/databases.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { postgresJournal } from './postgres.ts'
import { choosePlace, type Placement } from '../postgres/placement.ts'
import { journalSuite } from './journal.suite.ts'
import type { Journal } from './journal.ts'
import { memoryJournal, type MemoryJournal } from './memory.ts'
import { placedJournal } from './placed.ts'
import { append, epochOf, runsOf, start, started, state } from './suite/make.ts'

const names = ['north', 'south']

/** Tenants that were placed before are known from the start. */
function byHash(...tenants: readonly string[]): Placement {
  const known = new Map(tenants.map((tenant) => [tenant, choosePlace(tenant, names)]))
  const find = async (tenant: string): Promise<string> => {
    const place = choosePlace(tenant, names)
    known.set(tenant, place)
    return place
  }
  return { known: (tenant) => known.get(tenant) ?? null, find, settle: find, again: find, learn: () => undefined }
}

function two(parts: readonly MemoryJournal[], placement = byHash()): Journal {
  return placedJournal({ placement, places: parts.map((journal, index) => ({ name: names[index] ?? '', journal })) })
}

journalSuite('two memory journals as one', async () => {
  let parts = names.map(() => memoryJournal())
  let journal = two(parts, byHash('acme'))
  return {
    journal,
    async reopen() {
      await journal.close()
      parts = parts.map((part) => memoryJournal({ state: part.snapshot() }))
      journal = two(parts, byHash('acme', 'one', 'two', 'other'))
      return journal
    },
    end: () => journal.close(),
  }
})

const server = usePostgres()

async function open(databases: readonly Database[], urls: readonly Secret[]): Promise<Journal> {
  const { placement, places } = await joinDatabases(databases)
  await placement.settle('acme')
  const journals = await Promise.all(urls.map((url) => postgresJournal({ url })))
  return placedJournal({
    placement,
    places: places.flatMap(({ name, index }) => {
      const journal = journals[index]
      return journal === undefined ? [] : [{ name, journal, clock: journal.clock }]
    }),
  })
}

journalSuite('two PostgreSQL databases as one journal', async () => {
  const urls = [server().url(await server().newDatabase()), server().url(await server().newDatabase())]
  const databases = urls.map((url) => openDatabase({ url, unavailable: 'JOURNAL_UNAVAILABLE', sessions: 1 }))
  let journal = await open(databases, urls)
  return {
    journal,
    async reopen() {
      await journal.close()
      journal = await open(databases, urls)
      return journal
    },
    async end() {
      await journal.close()
      await Promise.all(databases.map((database) => database.close()))
    },
  }
})

/** One tenant for each place. */
const [north = '', south = ''] = names.map((name) =>
  Array.from({ length: 50 }, (_, index) => `t${index}`).find((tenant) => choosePlace(tenant, names) === name),
)

const startOf = (tenant: string, run: string) =>
  ({ kind: 'start', tenant, at: 1, start: { ...start(run), input: '{}' } }) as const

describe('CLU: tenants on several databases', () => {
  test('each tenant is wholly in one place, and all of them are worked on', async () => {
    const parts = names.map(() => memoryJournal())
    const journal = two(parts)
    for (const tenant of [north, south, north]) await journal.deliver(startOf(tenant, `${tenant}-run`))
    expect(parts.map((part) => [...part.snapshot().runs.values()].map((run) => run.tenant))).toEqual([[north], [south]])
    expect(runsOf(await journal.ready({ limit: 10 })).toSorted()).toEqual([`${north}-run`, `${south}-run`].toSorted())
    expect(await journal.ready({ limit: 1 })).toHaveLength(1)
    const loaded = await journal.load([
      { tenant: south, run: `${south}-run` },
      { tenant: north, run: `${south}-run` },
      { tenant: north, run: `${north}-run` },
    ])
    expect(loaded.map((run) => run?.row.tenant ?? null)).toEqual([south, null, north])
    await journal.close()
  })

  test('one that is away stops its own tenants and nobody else; when it is back, it is looked for', async () => {
    const parts = names.map(() => memoryJournal())
    const [, second] = parts
    let isAway = false
    const away = new TenonError('JOURNAL_UNAVAILABLE', 'the database is away', { retryable: true })
    const reached = new Proxy(second as MemoryJournal, {
      get: (target, name: keyof MemoryJournal) => {
        const member = target[name]
        if (typeof member !== 'function' || name === 'close') return member
        return async (...values: unknown[]) => {
          if (isAway) throw away
          return (member as (...values: unknown[]) => unknown).apply(target, values)
        }
      },
    })
    const journal = two([parts[0] as MemoryJournal, reached])
    for (const tenant of [north, south]) await journal.deliver(startOf(tenant, `${tenant}-run`))
    const words: string[] = []
    journal.ownership.listen({
      reached: () => undefined,
      gained: () => words.push('gained'),
      lost: () => undefined,
      leaving: async () => undefined,
    })
    isAway = true
    expect(runsOf(await journal.ready({ limit: 10 }))).toEqual([`${north}-run`])
    expect(await journal.nextWake()).toBeNull()
    expect(await journal.deliver(startOf(north, 'more'))).toMatchObject({ outcome: 'written' })
    await expect(journal.deliver(startOf(south, 'more'))).rejects.toBe(away)
    await expect(journal.load([{ tenant: south, run: `${south}-run` }])).rejects.toBe(away)
    isAway = false
    await journal.ready({ limit: 10 })
    await expect.poll(() => words).toEqual(['gained'])
    expect(runsOf(await journal.ready({ limit: 10 }))).toContain(`${south}-run`)
    await journal.close()
  })

  test('an epoch of one place is none in the other', async () => {
    const parts = names.map(() => memoryJournal())
    const known = new Map([['acme', 'north']])
    const find = async (): Promise<string> => known.get('acme') ?? 'north'
    const journal = two(parts, {
      known: (tenant) => known.get(tenant) ?? null,
      find,
      settle: find,
      again: find,
      learn: () => undefined,
    })
    await started(journal, 'r')
    const epoch = epochOf(journal, 'r')
    known.set('acme', 'south')
    await started(journal, 'r')
    const late = append(journal, 'r', 0, { epoch, bodies: ['a'], state: state('completed') })
    expect(await journal.append(late)).toMatchObject({ outcome: 'fenced' })
    expect(await journal.append({ ...late, epoch: epochOf(journal, 'r') })).toMatchObject({ outcome: 'written' })
    await journal.close()
  })

  test('with one place more a tenant stays where it is or goes there, whatever the order of the names', () => {
    const tenants = Array.from({ length: 3000 }, (_, index) => `tenant-${index}`)
    const counts = new Map<string, number>()
    for (const tenant of tenants) {
      const before = choosePlace(tenant, ['a', 'b'])
      const after = choosePlace(tenant, ['c', 'b', 'a'])
      expect([before, 'c']).toContain(after)
      counts.set(after, (counts.get(after) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
