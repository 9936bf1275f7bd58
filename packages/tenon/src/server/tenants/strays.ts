import { ofInstallation } from '../../store/placed/installation.ts'
import type { Database } from '../../postgres/postgres.ts'

/** A tenant with rows in a database that it does not live on. */
export interface Stray {
  readonly tenant: string
  /** Hosts and database. */
  readonly lives: string
  readonly alsoOn: string
}

const hasTable = async (database: Database, table: string): Promise<boolean> => {
  const [row] = await database.query<{ there: string | null }>(`SELECT to_regclass('tenon.${table}')::text AS there`)
  return (row?.there ?? null) !== null
}

/** Looks for tenants with rows in two databases: one was restored to an earlier moment, or written to by hand. Changes nothing; who is on the way is left out. */
export async function findStrays(databases: readonly Database[]): Promise<readonly Stray[]> {
  const known: { readonly database: Database; readonly name: string }[] = []
  for (const database of databases) {
    if (!(await hasTable(database, 'place'))) continue
    const [self] = await database.query<{ id: string }>('SELECT id FROM tenon.place')
    if (self !== undefined) known.push({ database, name: self.id })
  }
  const homes = await homesIn(known.map(({ database }) => database))
  const strays: Stray[] = []
  for (const { database, name } of known)
    for (const tenant of await tenantsIn(database)) {
      const home = homes.get(tenant)
      const lives = known.find((one) => one.name === home)
      if (home !== undefined && home !== name)
        strays.push({ tenant, lives: lives?.database.name ?? home, alsoOn: database.name })
    }
  return strays
}

/** Where each tenant lives, but for those who are moving. */
async function homesIn(databases: readonly Database[]): Promise<ReadonlyMap<string, string>> {
  const homes = new Map<string, string>()
  for (const database of databases) {
    // Only the first has any.
    const moving = (await hasTable(database, 'move'))
      ? "WHERE tenant NOT IN (SELECT tenant FROM tenon.move WHERE state NOT IN ('done', 'cancelled'))"
      : ''
    const rows = await database.query<{ tenant: string; place: string }>(
      `SELECT tenant, place FROM tenon.placement ${moving}`,
    )
    for (const { tenant, place } of rows) homes.set(tenant, place)
  }
  return homes
}

async function tenantsIn(database: Database): Promise<readonly string[]> {
  const own = [...ofInstallation].map((kind) => `'${kind}'`).join(', ')
  const parts = [
    ['tenant', 'SELECT tenant FROM tenant WHERE EXISTS (SELECT FROM run WHERE run.tenant = tenant.id)'],
    ['document', `SELECT tenant FROM document WHERE version IS NOT NULL AND kind NOT IN (${own})`],
    ['audit_head', 'SELECT tenant FROM audit_head'],
  ] as const
  const texts: string[] = []
  for (const [table, text] of parts) if (await hasTable(database, table)) texts.push(text)
  if (texts.length === 0) return []
  const rows = await database.query<{ tenant: string }>(`${texts.join(' UNION ')} ORDER BY 1`)
  return rows.map(({ tenant }) => tenant)
}
