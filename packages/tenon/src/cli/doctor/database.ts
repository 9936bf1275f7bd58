import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Secret } from '../../base/secret.ts'
import { inspectDatabase, type DatabaseInspection } from '../../postgres/inspect.ts'
import { openDatabase, type Database } from '../../postgres/postgres.ts'
import { placeOf, type DurablePlace } from '../../server/durable.ts'
import { findStrays } from '../../server/tenants/strays.ts'
import { hasStore } from '../../store/postgres.ts'
import { length } from '../words.ts'
import { findingsOf, readableBytes, type Finding } from './finding.ts'

const { ok, warn, fail } = findingsOf('database')

/** A node takes about so many. */
const fewConnections = 20
const aheadLimitMs = 1000
const farMs = 20

interface Named {
  readonly findings: readonly Finding[]
  /** Where the store can be looked at without changing anything; `null` where there is none. */
  readonly store: DurablePlace | null
}

/** The database that all nodes share, where one is named. */
export async function examineDatabase(options: Parameters<typeof placeOf>[0]): Promise<Named> {
  try {
    const place = placeOf(options)
    if (place.database === null) return { findings: [], store: place }
    const urls = [place.database, ...place.others]
    const looks = await Promise.all(urls.map((url) => lookAt(url, place)))
    const areThere = looks.every(({ store }) => store !== null)
    // The vault of several is looked at as a whole, or not at all.
    return {
      findings: [
        ...looks.flatMap(({ findings }) => findings),
        ...(areThere && urls.length > 1 ? await lookForStrays(urls) : []),
      ],
      store: areThere ? place : null,
    }
  } catch (error) {
    return { findings: [fail(messageOf(error), remedyOf(error))], store: null }
  }
}

const mostNamed = 5

/** Each tenant is wholly on one of several. */
async function lookForStrays(urls: readonly Secret[]): Promise<readonly Finding[]> {
  const databases = urls.map((url) => openDatabase({ url, unavailable: 'STORE_UNAVAILABLE', sessions: 1 }))
  try {
    const strays = await findStrays(databases)
    if (strays.length === 0) return [ok('each tenant is in one database only')]
    const more = strays.length - mostNamed
    return [
      ...strays
        .slice(0, mostNamed)
        .map(({ tenant, lives, alsoOn }) =>
          fail(
            `${tenant} lives on ${lives}, and has rows on ${alsoOn} too`,
            `What counts is on ${lives}. Was ${alsoOn} restored to an earlier moment? Then bring ${lives} and the first database to the same moment, or delete those rows.`,
          ),
        ),
      ...(more > 0 ? [fail(`${more} more tenants have rows in two databases`)] : []),
    ]
  } finally {
    await Promise.all(databases.map((database) => database.close()))
  }
}

async function lookAt(url: Secret, place: DurablePlace): Promise<Named> {
  const database = openDatabase({ url, unavailable: 'STORE_UNAVAILABLE', sessions: 1 })
  try {
    return await look(database, place)
  } catch (error) {
    return { findings: [fail(messageOf(error), remedyOf(error))], store: null }
  } finally {
    await database.close()
  }
}

function remedyOf(error: unknown): string {
  return (error as { code?: string }).code === 'STORE_UNAVAILABLE'
    ? 'Is it running, and may this machine reach it? Check host, port, firewall and pg_hba.conf.'
    : 'Correct TENON_DATABASE, --database or what the app names, or let the owner of the database help.'
}

async function look(database: Database, place: DurablePlace): Promise<Named> {
  const found = await inspectDatabase(database, systemClock)
  const isThere = await hasStore(database)
  return {
    findings: [
      ok(`PostgreSQL ${found.version} at ${database.name}, ${readableBytes(found.bytes)}`),
      ...durability(found),
      ...distance(found),
      found.connectionsLeft < fewConnections
        ? warn(`${found.connectionsLeft} connections are left`, 'Raise max_connections: a node takes up to twenty.')
        : ok(`${found.connectionsLeft} connections are left`),
      ...(isThere ? [] : [firstStart(found)]),
    ],
    store: isThere ? place : null,
  }
}

function firstStart({ mayBegin }: DatabaseInspection): Finding {
  return mayBegin
    ? ok('the next start makes or changes its tables')
    : fail('this role may not make its tables', 'GRANT CREATE ON DATABASE … TO …, or make the schema tenon for it.')
}

function durability({ syncs, fullPages, synchronousStandbys }: DatabaseInspection): readonly Finding[] {
  return [
    ...(syncs ? [] : [fail('fsync is off: a failure of its machine loses what was acknowledged', 'fsync = on')]),
    ...(fullPages
      ? []
      : [warn('full_page_writes is off: only some file systems can do without', 'full_page_writes = on')]),
    synchronousStandbys === ''
      ? warn(
          'no synchronous standby: whoever promotes another loses the latest commits',
          'Set synchronous_standby_names, or be sure that its disk outlives its machine.',
        )
      : ok(`commits wait for a standby (${synchronousStandbys})`),
  ]
}

function distance({ aheadMs, roundTripMs }: DatabaseInspection): readonly Finding[] {
  const off = Math.abs(aheadMs)
  return [
    roundTripMs > farMs
      ? warn(`an answer takes ${length(roundTripMs)}`, 'Put nodes and database close together: each step waits for it.')
      : ok(`an answer takes ${length(roundTripMs)}`),
    off > aheadLimitMs + roundTripMs
      ? warn(
          `its clock is ${length(off)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
          'Let both keep their time by NTP. Nodes go by the time of the database.',
        )
      : ok("its clock agrees with this machine's"),
  ]
}
