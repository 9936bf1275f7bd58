import { TenonError } from '../../base/errors.ts'
import { ownTenant } from '../../connection/vault/data-keys.ts'
import type { Placement } from '../../postgres/placement.ts'
import { beginMove, cancelMove, readMoves, type Move } from '../../postgres/moves.ts'
import type { Database } from '../../postgres/postgres.ts'
import { readSizes, type TenantSize } from '../../journal/postgres/tenant-sizes.ts'
import type { MovingPlace } from './mover.ts'

/** Tenants on several databases, for operators. */
export interface Tenants {
  /** The databases, and which of them this node has been cut off from: its lease there is over. From memory. */
  reached(): readonly { readonly name: string; readonly isReached: boolean }[]
  list(): Promise<TenantList>
  /** Where it shall live, before anything is stored for it. Rejects with `INPUT_INVALID` for one that lives elsewhere already. */
  place(tenant: string, database: string): Promise<TenantView>
  /** What stands in the way; `null` for nothing. */
  obstacle(tenant: string, database: string): Promise<string | null>
  /** Begins to move it. Nodes carry that out; `moves` tells how far they are. */
  move(tenant: string, database: string, by: string): Promise<MoveView>
  /** As long as it does not live at the target yet. */
  cancel(tenant: string): Promise<MoveView>
  /** The latest of each tenant. */
  moves(tenant: string | null): Promise<readonly MoveView[]>
}

export interface TenantList {
  readonly databases: readonly DatabaseView[]
  readonly tenants: readonly TenantView[]
}

export interface DatabaseView {
  readonly name: string
  /** False for one that did not answer: the figures of its tenants are missing. */
  readonly isReached: boolean
  readonly tenants: number
  readonly bytes: number | null
}

export interface TenantView {
  readonly tenant: string
  readonly database: string
  /** `null` where its database did not answer. */
  readonly runs: number | null
  /** About: its share of the runs of its database. */
  readonly bytes: number | null
}

export type MoveView = Omit<Move, 'attempt' | 'round' | 'stretches'>

interface TenantsOptions {
  readonly places: readonly MovingPlace[]
  readonly placement: Placement
  /** As the places. */
  readonly databases: readonly Database[]
  /** By place, whether this node holds its lease there. */
  readonly isReached: (index: number) => boolean
}

/** Who is no customer: what they have is the installation's, and stays in its first database. */
export const stays: readonly string[] = ['default', ownTenant]

export function createTenants(options: TenantsOptions): Tenants {
  return new PlacedTenants(options)
}

class PlacedTenants implements Tenants {
  readonly #options: TenantsOptions
  readonly #first: Database

  constructor(options: TenantsOptions) {
    this.#options = options
    ;[this.#first] = options.databases as [Database, ...Database[]]
  }

  reached(): readonly { readonly name: string; readonly isReached: boolean }[] {
    const { places, isReached } = this.#options
    return places.map(({ title }, index) => ({ name: title, isReached: isReached(index) }))
  }

  list(): Promise<TenantList> {
    return listOf(this.#first, this.#options)
  }

  async place(tenant: string, database: string): Promise<TenantView> {
    const { places, placement } = this.#options
    const target = this.#named(database)
    await this.#first.query(placeStatement, [tenant, stays.includes(tenant) ? places[0]?.name : target.name])
    const place = await placement.again(tenant)
    if (place !== target.name)
      throw new TenonError(
        'INPUT_INVALID',
        `${tenant} lives on ${this.#titleOf(place)} already. To take it elsewhere: npx tenon tenants move ${tenant} --to ${target.title}`,
        { details: { field: 'tenant' } },
      )
    placement.learn(tenant, place)
    return { tenant, database: target.title, runs: 0, bytes: 0 }
  }

  async obstacle(tenant: string, database: string): Promise<string | null> {
    const target = this.#named(database)
    if (stays.includes(tenant)) return `${tenant} is the installation's own, and stays in the first database`
    const [row] = await this.#first.query<{ place: string }>(placedStatement, [tenant])
    if (row === undefined) return `nothing is known of ${tenant}: place it, before anything is stored for it`
    const [move] = await readMoves(this.#first, tenant)
    if (move !== undefined && !['done', 'cancelled'].includes(move.state))
      return `${tenant} is on its way to ${this.#titleOf(move.target)} already`
    return row.place === target.name ? `${tenant} lives on ${target.title} already` : null
  }

  async move(tenant: string, database: string, by: string): Promise<MoveView> {
    const problem = await this.obstacle(tenant, database)
    if (problem !== null) throw new TenonError('INPUT_INVALID', problem, { details: { field: 'tenant' } })
    const source = await this.#options.placement.again(tenant)
    await beginMove(this.#first, { tenant, source, target: this.#named(database).name, by })
    return this.#latest(tenant)
  }

  async cancel(tenant: string): Promise<MoveView> {
    if (await cancelMove(this.#first, tenant)) return this.#latest(tenant)
    throw new TenonError(
      'INPUT_INVALID',
      `${tenant} is not on its way, or has arrived. To take it back: move it to where it was.`,
    )
  }

  async moves(tenant: string | null): Promise<readonly MoveView[]> {
    return (await readMoves(this.#first, tenant)).map((move) => this.#viewOf(move))
  }

  async #latest(tenant: string): Promise<MoveView> {
    const [move] = await this.moves(tenant)
    if (move === undefined) throw new TenonError('NOT_FOUND', `${tenant} was never moved`)
    return move
  }

  #viewOf({ attempt: _attempt, round: _round, stretches: _stretches, ...move }: Move): MoveView {
    return { ...move, source: this.#titleOf(move.source), target: this.#titleOf(move.target) }
  }

  #titleOf(name: string): string {
    return this.#options.places.find((one) => one.name === name)?.title ?? name
  }

  #named(database: string): MovingPlace {
    const { places } = this.#options
    const place = places.find(({ name, title }) => database === name || database === title)
    if (place !== undefined) return place
    throw new TenonError(
      'INPUT_INVALID',
      `there is no database ${database || 'without a name'} here, but ${places.map(({ title }) => title).join(' and ')}`,
      { details: { field: 'database' } },
    )
  }
}

const placedStatement = { name: 'placement of one', text: 'SELECT place FROM placement WHERE tenant = $1' }

const placeStatement = {
  name: 'placement place',
  text: 'INSERT INTO placement (tenant, place) VALUES ($1, $2) ON CONFLICT (tenant) DO NOTHING',
}

async function listOf(
  first: Database,
  { places, databases }: Pick<TenantsOptions, 'places' | 'databases'>,
): Promise<TenantList> {
  const placed = await first.query<{ tenant: string; place: string }>(
    'SELECT tenant, place FROM placement ORDER BY tenant',
  )
  const sizes = await Promise.all(databases.map((database) => readSizes(database).catch(() => null)))
  const tenants = placed
    .filter(({ tenant }) => tenant !== ownTenant)
    .map(({ tenant, place }): TenantView => {
      const index = places.findIndex(({ name }) => name === place)
      const { title = place } = places[index] ?? {}
      return { tenant, database: title, ...sizeOf(sizes[index] ?? null, tenant) }
    })
  return {
    databases: places.map(({ title }, index) => ({
      name: title,
      isReached: (sizes[index] ?? null) !== null,
      tenants: tenants.filter(({ database }) => database === title).length,
      bytes: sizes[index]?.bytes ?? null,
    })),
    tenants,
  }
}

function sizeOf(
  sizes: { readonly bytes: number; readonly tenants: readonly TenantSize[] } | null,
  tenant: string,
): Pick<TenantView, 'runs' | 'bytes'> {
  if (sizes === null) return { runs: null, bytes: null }
  const all = sizes.tenants.reduce((total, { runs }) => total + runs, 0)
  const runs = sizes.tenants.find((one) => one.tenant === tenant)?.runs ?? 0
  return { runs, bytes: all === 0 ? 0 : Math.round((sizes.bytes * runs) / all) }
}
