import type { Database } from '../../postgres/postgres.ts'

export interface TenantSize {
  readonly tenant: string
  readonly runs: number
}

/** How many runs each tenant has in a database, and how large its tables of runs and events are. */
export async function readSizes(
  database: Database,
): Promise<{ readonly bytes: number; readonly tenants: readonly TenantSize[] }> {
  const tenants = await database.query<TenantSize>(
    'SELECT tenant.tenant, sum(tally.runs)::bigint AS runs FROM tally JOIN flow ON flow.id = tally.flow JOIN tenant ON tenant.id = flow.tenant GROUP BY tenant.tenant',
  )
  const [size] = await database.query<{ bytes: number }>(
    "SELECT sum(pg_total_relation_size(name::regclass))::bigint AS bytes FROM unnest(ARRAY['run', 'entry', 'event', 'value', 'inbox', 'field', 'reach']) AS name",
  )
  return { bytes: size?.bytes ?? 0, tenants }
}
