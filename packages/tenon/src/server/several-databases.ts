import type { Clock } from '../base/clock.ts'
import type { Secret } from '../base/secret.ts'
import type { Journal } from '../journal/journal.ts'
import { placedJournal } from '../journal/placed.ts'
import type { Moves } from '../journal/placed/moving.ts'
import { postgresJournal, type PostgresJournal, type PostgresJournalOptions } from '../journal/postgres.ts'
import { joinDatabases, requireSole } from '../postgres/databases.ts'
import { moveNews, tellRest, type MoveState } from '../postgres/moves.ts'
import type { Placement } from '../postgres/placement.ts'
import { openDatabase, type Database } from '../postgres/postgres.ts'
import { placedStore, type StorePlace } from '../store/placed.ts'
import { postgresStore } from '../store/postgres.ts'
import type { Store } from '../store/store.ts'
import { Mover, type MovingPlace } from './tenants/mover.ts'
import { createTenants, stays, type Tenants } from './tenants/tenants.ts'

type JournalOptions = Pick<PostgresJournalOptions, 'leaseMs' | 'version' | 'meter' | 'clock'>

/** Where tenants live, known once for journal and store. */
export interface SharedPlacement {
  readonly placement: Placement
  readonly places: readonly MovingPlace[]
}

export interface OpenedPlaces {
  readonly journal: Journal
  readonly clock: Clock
  readonly tenants: Tenants
  readonly shared: SharedPlacement
}

/** All of them as one journal. Every one must be reachable at the start; later each may be away by itself. */
export async function openPlacedJournal(urls: readonly Secret[], options: JournalOptions): Promise<OpenedPlaces> {
  const joined = await join(urls, 'JOURNAL_UNAVAILABLE')
  const { placement, places, databases } = joined
  const opened: PostgresJournal[] = []
  try {
    for (const { url } of places) opened.push(await postgresJournal({ ...options, url, isOneOfSeveral: true }))
  } catch (error) {
    await Promise.all([joined.close(), ...opened.map((journal) => journal.close())])
    throw error
  }
  const [first, { clock }] = [databases[0] as Database, opened[0] as PostgresJournal]
  const journal = placedJournal({
    placement,
    places: places.map(({ name }, index) => {
      const one = opened[index] as PostgresJournal
      return { name, journal: one, clock: one.clock, forget: () => one.forget() }
    }),
    moves: movesOf(first, (source) => opened[places.findIndex(({ name }) => name === source)]?.node ?? 0),
  })
  const mover = new Mover({ places, first, clock })
  const close = async (): Promise<void> => {
    await mover.stop()
    await journal.close()
    await joined.close()
  }
  const isReached = (index: number): boolean => {
    const { clock: time, ownership } = opened[index] as PostgresJournal
    return time.now() < (ownership.membership?.heldUntil('') ?? 0)
  }
  const tenants = createTenants({ places, placement, databases, isReached })
  return { journal: { ...journal, close }, clock, tenants, shared: { placement, places } }
}

const restingStates: ReadonlySet<MoveState> = new Set<MoveState>(['resting', 'closed'])
const movedStates: ReadonlySet<MoveState> = new Set<MoveState>(['switched', 'done'])

function movesOf(first: Database, nodeAt: (source: string) => number): Moves {
  return {
    async news(sinceMs) {
      const all = await moveNews(first, sinceMs)
      return all
        .filter(({ state }) => restingStates.has(state) || movedStates.has(state))
        .map(({ state, ...news }) => ({ ...news, mustRest: restingStates.has(state) }))
    },
    done: ({ tenant, round, source }) => tellRest(first, tenant, round, nodeAt(source)),
  }
}

export async function openPlacedStore(urls: readonly Secret[], shared: SharedPlacement | null): Promise<Store> {
  const joined = shared === null ? await join(urls, 'STORE_UNAVAILABLE') : { ...shared, close: async () => undefined }
  const places = joined.places.map(({ name, url }) => ({ name, store: postgresStore({ url, isOneOfSeveral: true }) }))
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
  return (joined.places[0] as MovingPlace).url
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

interface Joined extends SharedPlacement {
  /** As the places. */
  readonly databases: readonly Database[]
  close(): Promise<void>
}

async function join(
  urls: readonly Secret[],
  unavailable: 'JOURNAL_UNAVAILABLE' | 'STORE_UNAVAILABLE',
): Promise<Joined> {
  const databases = urls.map((url): Database => openDatabase({ url, unavailable, sessions: 2 }))
  const close = async (): Promise<void> => {
    await Promise.all(databases.map((database) => database.close()))
  }
  try {
    const { places, placement } = await joinDatabases(databases, stays)
    return {
      placement,
      places: places.map(({ name, title, index }) => ({ name, title, url: urls[index] as Secret })),
      databases: places.map(({ index }) => databases[index] as Database),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
