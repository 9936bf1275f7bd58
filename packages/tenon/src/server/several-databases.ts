import type { Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import { ownTenant } from '../connection/vault/data-keys.ts'
import type { Journal } from '../journal/journal.ts'
import { placedJournal } from '../journal/placed.ts'
import { postgresJournal, type PostgresJournal, type PostgresJournalOptions } from '../journal/postgres.ts'
import { joinDatabases, requireSole, type Databases } from '../postgres/databases.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { placedStore, type StorePlace } from '../store/placed.ts'
import { postgresStore } from '../store/postgres.ts'
import type { Store } from '../store/store.ts'

/** Who is no customer: what they have belongs to the installation, and is in its first database. */
const ofInstallation = ['default', ownTenant]

type JournalOptions = Pick<PostgresJournalOptions, 'leaseMs' | 'version' | 'meter'>

/** All of them as one journal. Every one must be reachable at the start; later each may be away by itself. */
export async function openPlacedJournal(
  urls: readonly Secret[],
  options: JournalOptions,
): Promise<{ readonly journal: Journal; readonly clock: Clock }> {
  const joined = await join(urls, 'JOURNAL_UNAVAILABLE')
  const opened: PostgresJournal[] = []
  try {
    for (const { index } of joined.places)
      opened.push(await postgresJournal({ ...options, url: urls[index] as Secret }))
  } catch (error) {
    await Promise.all([joined.close(), ...opened.map((journal) => journal.close())])
    throw error
  }
  const places = joined.places.map(({ name }, place) => {
    const journal = opened[place] as PostgresJournal
    return { name, journal, clock: journal.clock }
  })
  const journal = placedJournal({ placement: joined.placement, places })
  const close = async (): Promise<void> => {
    await journal.close()
    await joined.close()
  }
  return { journal: { ...journal, close }, clock: (opened[0] as PostgresJournal).clock }
}

export async function openPlacedStore(urls: readonly Secret[]): Promise<Store> {
  const joined = await join(urls, 'STORE_UNAVAILABLE')
  const places = joined.places.map(({ name, index }) => ({
    name,
    store: postgresStore({ url: urls[index] as Secret }),
  }))
  const store = placedStore({ placement: joined.placement, places: places as [StorePlace, ...StorePlace[]] })
  const close = async (): Promise<void> => {
    await store.close()
    await joined.close()
  }
  return { ...store, close }
}

/** The one that has what belongs to no tenant. */
export async function firstOf(urls: readonly Secret[]): Promise<Secret> {
  const joined = await join(urls, 'STORE_UNAVAILABLE')
  await joined.close()
  return urls[joined.places[0]?.index ?? 0] as Secret
}

/** A node that is given one database only must not work on one of several. Rejects with `DATABASE_UNUSABLE`. */
export async function refuseOneOfSeveral(url: Secret): Promise<void> {
  const database = openDatabase({ url, unavailable: 'JOURNAL_UNAVAILABLE', sessions: 1 })
  try {
    await requireSole(database)
  } finally {
    await database.close()
  }
}

async function join(
  urls: readonly Secret[],
  unavailable: 'JOURNAL_UNAVAILABLE' | 'STORE_UNAVAILABLE',
): Promise<Databases & { close(): Promise<void> }> {
  const databases = urls.map((url): Database => openDatabase({ url, unavailable, sessions: 1 }))
  const close = async (): Promise<void> => {
    await Promise.all(databases.map((database) => database.close()))
  }
  try {
    const joined = await joinDatabases(databases, ofInstallation)
    return { ...joined, close }
  } catch (error) {
    await close()
    throw error
  }
}
