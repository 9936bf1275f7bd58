import { randomBytes } from 'node:crypto'
import { TenonError } from '../base/errors.ts'
import { migrate, type Migration } from './migrations.ts'
import { moveMigration } from './moves.ts'
import { choosePlace, type Placement } from './placement.ts'
import type { Database } from './postgres.ts'
import type { Session } from './session.ts'

/** A database under the name that it has for ever, whatever hosts it moves to. */
export interface NamedDatabase {
  readonly name: string
  /** Hosts and database, for people. */
  readonly title: string
  readonly index: number
}

export interface Databases {
  readonly placement: Placement
  /** Those that were given; the first of these has what belongs to no tenant. */
  readonly places: readonly NamedDatabase[]
}

const migrations: readonly Migration[] = [
  {
    name: 'databases and tenants',
    needs: 1,
    sql: `
      CREATE TABLE place (is_self BOOLEAN PRIMARY KEY DEFAULT true CHECK (is_self), id TEXT NOT NULL, members JSONB);
      CREATE TABLE placement (tenant TEXT COLLATE "C" PRIMARY KEY, place TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now());`,
  },
  moveMigration,
]

/** In the order in which they were given first; the first has the table of tenants. */
interface Member {
  readonly id: string
  /** Hosts and database when it was remembered: for messages. */
  readonly name: string
}

interface Self {
  readonly id: string
  readonly members: readonly Member[] | null
}

const pageRows = 10_000

/**
 * Several databases as one installation. What it consists of is remembered in each of them, so that nodes cannot be given different lists. More are taken in when no node is at work: those who
 * live somewhere stay there, and new tenants are spread over all; those of `ofFirst` live in the first. Rejects with `DATABASE_UNUSABLE`.
 */
export async function joinDatabases(given: readonly Database[], ofFirst: readonly string[] = []): Promise<Databases> {
  const selves = await Promise.all(given.map(introduce))
  const twice = selves.findIndex(({ id }, index) => selves.some((other, before) => before < index && other.id === id))
  if (twice >= 0) throw unusable(`${nameOf(given[twice])} is named twice`, 'Name each database once.')
  const members = selves.map(({ id }, index): Member => ({ id, name: nameOf(given[index]) }))
  const remembered = selves.find((self) => self.members !== null)?.members ?? null
  const order = remembered ?? members
  const first = given[members.findIndex(({ id }) => id === order[0]?.id)]
  const other = selves.find((self) => self.members !== null && self.members[0]?.id !== order[0]?.id)?.members
  if (first === undefined || other !== undefined) throw different(members, other ?? order)
  await first.transaction(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock(1952804464, 3)')
    const [now] = await session.query<Self>(selfStatement)
    const known = now?.members ?? null
    const missing = (known ?? []).filter((one) => !has(members, one))
    const fresh = members.filter((one) => one.id !== order[0]?.id && !has(known ?? [], one))
    if (known !== null && missing.length === 0 && fresh.length === 0) return
    // One thing at a time: what is both is a list with another database by mistake.
    if (missing.length > 0 && fresh.length > 0) throw different(members, known ?? order)
    await requireRest(session, first)
    await requireNobody(session, missing)
    for (const { id } of fresh) await requireEmpty(given[members.findIndex((one) => one.id === id)])
    if (known === null) await settleAll(session, order[0]?.id ?? '')
    const staying = (known ?? order.slice(0, 1)).filter((one) => !has(missing, one))
    await session.query(rememberStatement, [JSON.stringify([...staying, ...fresh])])
  })
  for (const tenant of ofFirst) await first.query(settleStatement, [tenant, order[0]?.id])
  const [settled] = await first.query<Self>(selfStatement)
  const list = settled?.members ?? []
  // A node that ended in between is followed by one that does it again.
  for (const database of given) await database.query(rememberStatement, [JSON.stringify(list)])
  const places = list.map(({ id }) => {
    const index = members.findIndex((one) => one.id === id)
    return { name: id, title: nameOf(given[index]), index }
  })
  return { places, placement: await openPlacement(first, places, list) }
}

/** Throws `DATABASE_UNUSABLE` for a database that is one of several; the first of them may be what is left, when nobody lives on the others. */
export async function requireSole(database: Database): Promise<void> {
  const [there] = await database.query<{ there: string | null }>("SELECT to_regclass('tenon.place')::text AS there")
  if ((there?.there ?? null) === null) return
  const [self] = await database.query<Self>(selfStatement)
  const [first, ...others] = self?.members ?? []
  if (self === undefined || others.length === 0) return
  if (first?.id !== self.id) throw different([{ id: self.id, name: database.name }], self.members ?? [])
  await joinDatabases([database])
}

function has(members: readonly Member[], { id }: Member): boolean {
  return members.some((one) => one.id === id)
}

/** Those that are taken away are empty: nobody lives there, or is on the way there. */
async function requireNobody(session: Session, missing: readonly Member[]): Promise<void> {
  if (missing.length === 0) return
  const rows = await session.query<Row>(
    {
      name: 'placement there',
      text: `SELECT tenant, place FROM placement WHERE place = ANY ($1::text[])
        UNION SELECT tenant, source FROM move WHERE state NOT IN ('done', 'cancelled') AND (source = ANY ($1::text[]) OR target = ANY ($1::text[])) ORDER BY 1 LIMIT 6`,
    },
    [missing.map(({ id }) => id)],
  )
  if (rows.length === 0) return
  const named = rows.slice(0, 5).map(({ tenant }) => tenant)
  throw unusable(
    `this node was not given ${missing.map(({ name }) => name).join(' and ')}, where ${named.join(', ')}${rows.length > 5 ? ' and others' : ''} live`,
    'Give every node the same databases. To take one away, first move its tenants: npx tenon tenants move <tenant> --to <database>',
  )
}

/** Gives it its name, where it has none. */
async function introduce(database: Database): Promise<Self> {
  await migrate(database, 'placement', migrations)
  await database.query(introduceStatement, [randomBytes(8).toString('hex')])
  const [self] = await database.query<Self>(selfStatement)
  if (self === undefined) throw new Error('the database forgot its name')
  return self
}

const selfStatement = { name: 'place self', text: 'SELECT id, members FROM tenon.place' }

const introduceStatement = {
  name: 'place introduce',
  text: 'INSERT INTO place (id) VALUES ($1) ON CONFLICT (is_self) DO NOTHING',
}

const rememberStatement = { name: 'place remember', text: 'UPDATE place SET members = $1::jsonb' }

async function requireRest(session: Session, { name }: Database): Promise<void> {
  const [table] = await session.query<{ there: string | null }>("SELECT to_regclass('tenon.node')::text AS there")
  if (table?.there === null) return
  const [alive] = await session.query<{ nodes: number }>(
    'SELECT count(*)::int AS nodes FROM tenon.node WHERE expires > clock_timestamp()',
  )
  if ((alive?.nodes ?? 0) > 0)
    throw unusable(
      `${name} is in use by ${alive?.nodes} of its nodes, which know of other databases than this one`,
      'Give every node the same databases; to add one or to take one away, stop all nodes, wait for the lease to end, and start them with the other list.',
    )
}

const ofTenants = ['tenon.document', 'tenon.audit', 'tenon.tenant']

async function requireEmpty(database: Database | undefined): Promise<void> {
  for (const table of ofTenants) {
    const [there] =
      (await database?.query<{ there: string | null }>(`SELECT to_regclass('${table}')::text AS there`)) ?? []
    if ((there?.there ?? null) === null) continue
    const [row] = (await database?.query<{ used: boolean }>(`SELECT EXISTS (SELECT FROM ${table}) AS used`)) ?? []
    if (row?.used === true)
      throw unusable(`${nameOf(database)} holds an installation of its own`, 'Add an empty database.')
  }
}

/** Who was here while this was the only database stays. */
async function settleAll(session: Session, place: string): Promise<void> {
  for (const table of ofTenants) {
    const [there] = await session.query<{ there: string | null }>(`SELECT to_regclass('${table}')::text AS there`)
    if (there?.there !== null)
      await session.query(
        {
          name: `placement of ${table}`,
          text: `INSERT INTO placement (tenant, place) SELECT DISTINCT tenant, $1 FROM ${table} ON CONFLICT (tenant) DO NOTHING`,
        },
        [place],
      )
  }
}

async function openPlacement(
  database: Database,
  places: readonly NamedDatabase[],
  members: readonly Member[],
): Promise<Placement> {
  const known = new Map<string, string>()
  const names = places.map(({ name }) => name)
  const learn = (tenant: string, place: string): string => {
    if (!names.includes(place))
      throw unusable(
        `a tenant lives on ${members.find(({ id }) => id === place)?.name ?? place}, which this node was not given`,
        'Start it again with the list that the other nodes have.',
      )
    known.set(tenant, place)
    return place
  }
  for (let after = '', isMore = true; isMore;) {
    const rows = await database.query<Row>(pageStatement, [after, pageRows])
    for (const { tenant, place } of rows) learn(tenant, place)
    after = rows.at(-1)?.tenant ?? after
    isMore = rows.length === pageRows
  }
  const look = async (tenant: string): Promise<string | null> => {
    const [row] = await database.query<Row>(findStatement, [tenant])
    return row === undefined ? null : learn(tenant, row.place)
  }
  return {
    known: (tenant) => known.get(tenant) ?? null,
    find: async (tenant) => known.get(tenant) ?? (await look(tenant)) ?? choosePlace(tenant, names),
    async settle(tenant) {
      const there = known.get(tenant)
      if (there !== undefined) return there
      await database.query(settleStatement, [tenant, choosePlace(tenant, names)])
      return (await look(tenant)) ?? choosePlace(tenant, names)
    },
    async again(tenant) {
      const [row] = await database.query<Row>(findStatement, [tenant])
      return row?.place ?? choosePlace(tenant, names)
    },
    learn: (tenant, place) => void learn(tenant, place),
  }
}

interface Row {
  readonly tenant: string
  readonly place: string
}

const pageStatement = {
  name: 'placement page',
  text: 'SELECT tenant, place FROM placement WHERE tenant > $1 ORDER BY tenant LIMIT $2',
}

const findStatement = { name: 'placement find', text: 'SELECT tenant, place FROM placement WHERE tenant = $1' }

const settleStatement = {
  name: 'placement settle',
  text: 'INSERT INTO placement (tenant, place) VALUES ($1, $2) ON CONFLICT (tenant) DO NOTHING',
}

function nameOf(database: Database | undefined): string {
  return database?.name ?? ''
}

function different(given: readonly Member[], remembered: readonly Member[]): TenonError {
  const words = (members: readonly Member[]): string => members.map(({ name }) => name).join(' and ')
  return unusable(
    `this installation consists of ${words(remembered)}, and this node was given ${words(given)}`,
    'Give every node the same databases.',
  )
}

function unusable(problem: string, remedy: string): TenonError {
  return new TenonError('DATABASE_UNUSABLE', `${problem}. ${remedy}`)
}
