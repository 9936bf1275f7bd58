import { existsSync } from 'node:fs'
import { systemClock, type Clock } from '../base/clock.ts'
import { durationMs, type Duration } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalTransfer } from '../journal/transfer.ts'
import type { PostgresAllotter } from '../outbound/budget/postgres-allotter.ts'
import { parseDatabaseUrl } from '../postgres/database-url.ts'
import type { Store } from '../store/store.ts'
import type { Meter } from '../telemetry/meter.ts'
import type { SharedPlacement } from './several-databases.ts'
import type { Tenants } from './tenants/tenants.ts'
import { version } from './version.ts'

/** Where everything durable is: in a database that several nodes share, or in the data folder of the only one. */
export interface Place {
  readonly folder: string
  /** The URL. */
  readonly database: Secret | null
}

export interface DurablePlace extends Place {
  /** Of further databases that tenants are spread over, beside `database`. */
  readonly others: readonly Secret[]
  /** How long a node holds its work without a word, in milliseconds. */
  readonly leaseMs: number
}

interface PlaceOptions {
  readonly dataFolder: string
  /** From the command line. */
  readonly databases?: readonly Secret[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** By which the app names its databases. */
  readonly variables: readonly string[]
  /** What the app says of it; default 10 s. */
  readonly lease?: Duration | undefined
  /** Is told what must never be printed. */
  readonly onSecret?: (secret: string) => void
}

/** What the command line says comes before `TENON_DATABASE`, and that before the app. Throws `DATABASE_UNUSABLE` for a URL that cannot be used, `INPUT_INVALID` for a variable that is not set. */
export function placeOf(options: PlaceOptions): DurablePlace {
  const { dataFolder, databases = [], environment, variables, lease = '10s', onSecret } = options
  const [url = null, ...others] = databases.length > 0 ? databases : urlsOf(environment, variables)
  for (const one of url === null ? [] : [url, ...others])
    for (const secret of [one, parseDatabaseUrl(one).password]) onSecret?.(secret.reveal())
  return { folder: dataFolder, database: url, others, leaseMs: durationMs(lease, 'lease') }
}

function urlsOf(environment: PlaceOptions['environment'], variables: readonly string[]): readonly Secret[] {
  const known = named(environment, 'TENON_DATABASE')
  if (known.length > 0) return known
  return variables.flatMap((variable) => {
    const urls = named(environment, variable)
    if (urls.length > 0) return urls
    throw new TenonError(
      'INPUT_INVALID',
      `The app names its database by ${variable}, which is not set. Set it to postgres://user:password@host/database.`,
    )
  })
}

/** Several URLs have spaces between them: in a URL there is none. */
function named(environment: PlaceOptions['environment'], variable: string): readonly Secret[] {
  const text = (environment[variable] ?? '').trim()
  return text === '' ? [] : text.split(/\s+/).map((url) => new Secret(url))
}

/** Names of all its databases, for messages; `null` for a data folder. */
export function databaseNames({ database, others }: DurablePlace): string | null {
  return database === null ? null : [database, ...others].map((url) => parseDatabaseUrl(url).name).join(', ')
}

/** The library of each database is loaded when it is needed: who uses the other does not pay for it. */
export async function openStore(
  { folder, database, others = [] }: Place & Partial<DurablePlace>,
  shared: SharedPlacement | null = null,
): Promise<Store> {
  if (database !== null && others.length > 0) {
    const { openPlacedStore } = await import('./several-databases.ts')
    return openPlacedStore([database, ...others], shared)
  }
  if (database !== null) {
    const { postgresStore } = await import('../store/postgres.ts')
    return postgresStore({ url: database })
  }
  const { sqliteStore } = await import('../store/sqlite.ts')
  return sqliteStore({ folder })
}

/** Where nodes share the limits of upstream APIs; `null` for a data folder, which belongs to one process. */
export async function openAllotter({ database, others }: DurablePlace): Promise<PostgresAllotter | null> {
  if (database === null) return null
  const { postgresAllotter } = await import('../outbound/budget/postgres-allotter.ts')
  if (others.length === 0) return postgresAllotter({ url: database })
  const { firstOf } = await import('./several-databases.ts')
  return postgresAllotter({ url: await firstOf([database, ...others]) })
}

/** All that lasts in one place, at rest, as an end of a move. */
export interface PlaceAtRest {
  readonly journal: JournalTransfer
  /** Asked for its content it makes its tables, as it would at a start. */
  readonly store: Store
  /** Nothing was ever stored: known without making anything. */
  hasNoStore(): Promise<boolean>
}

export async function openAtRest({ folder, database }: Place): Promise<PlaceAtRest> {
  const store = await openStore({ folder, database })
  if (database === null) {
    const { sqliteTransfer } = await import('../journal/sqlite/transfer.ts')
    const { storePath } = await import('../store/sqlite.ts')
    return { journal: sqliteTransfer({ folder }), store, hasNoStore: async () => !existsSync(storePath(folder)) }
  }
  const { postgresTransfer } = await import('../journal/postgres/transfer.ts')
  const { hasStore } = await import('../store/postgres.ts')
  const { openDatabase } = await import('../postgres/postgres.ts')
  const hasNoStore = async (): Promise<boolean> => {
    const asked = openDatabase({ url: database, unavailable: 'STORE_UNAVAILABLE', sessions: 1 })
    try {
      return !(await hasStore(asked))
    } finally {
      await asked.close()
    }
  }
  return { journal: postgresTransfer({ url: database }), store, hasNoStore }
}

/** A journal, and the time that its runs live by: in a cluster the database's. */
export interface OpenedJournal {
  readonly journal: Journal
  readonly clock: Clock
  /** Where there are several databases. */
  readonly tenants?: Tenants
  readonly shared?: SharedPlacement
}

export async function openJournal(place: DurablePlace, meter: Meter): Promise<OpenedJournal> {
  const { folder, database, others, leaseMs } = place
  if (database !== null && others.length > 0) {
    const { openPlacedJournal } = await import('./several-databases.ts')
    return openPlacedJournal([database, ...others], { leaseMs, version, meter })
  }
  if (database !== null) {
    const { postgresJournal } = await import('../journal/postgres.ts')
    const { refuseOneOfSeveral } = await import('./several-databases.ts')
    await refuseOneOfSeveral(database)
    const journal = await postgresJournal({ url: database, leaseMs, version, meter })
    return { journal, clock: journal.clock }
  }
  const { sqliteJournal } = await import('../journal/sqlite.ts')
  return { journal: await sqliteJournal({ folder, meter }), clock: systemClock }
}
