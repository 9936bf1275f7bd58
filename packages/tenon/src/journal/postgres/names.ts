import type { Session } from '../../postgres/session.ts'
import { pathOf } from './place.ts'

/** Tenants and flows by number: a row of each run names them by four bytes instead of two texts. */
export class Names {
  readonly #tenants = new Map<string, number>()
  readonly #flows = new Map<string, number>()

  tenant(name: string): number {
    return this.#tenants.get(name) ?? 0
  }

  flow(tenant: string, name: string): number {
    return this.#flows.get(pathOf(tenant, name)) ?? 0
  }

  /** Afterwards these are known. Nothing of them is ever deleted. */
  async learn(
    session: Pick<Session, 'query'>,
    tenants: Iterable<string>,
    flows: Iterable<{ tenant: string; flow: string }>,
  ): Promise<void> {
    const newTenants = [...new Set(tenants)].filter((name) => !this.#tenants.has(name))
    if (newTenants.length > 0) {
      const rows = await session.query<{ id: number; tenant: string }>(tenantStatement, [newTenants])
      for (const { id, tenant } of rows) this.#tenants.set(tenant, id)
    }
    const newFlows = new Map(
      [...flows].map((one) => [pathOf(one.tenant, one.flow), one] as const).filter(([path]) => !this.#flows.has(path)),
    )
    if (newFlows.size === 0) return
    const of = [...newFlows.values()]
    const rows = await session.query<{ id: number; tenant: number; flow: string }>(flowStatement, [
      of.map(({ tenant }) => this.tenant(tenant)),
      of.map(({ flow }) => flow),
    ])
    const ids = new Map(rows.map(({ id, tenant, flow }) => [`${tenant}\n${flow}`, id]))
    for (const [path, { tenant, flow }] of newFlows)
      this.#flows.set(path, ids.get(`${this.tenant(tenant)}\n${flow}`) ?? 0)
  }
}

const tenantStatement = {
  name: 'journal_tenant',
  text: `WITH new AS (INSERT INTO tenant (tenant) SELECT unnest($1::text[]) ORDER BY 1 ON CONFLICT (tenant) DO UPDATE SET tenant = excluded.tenant RETURNING id, tenant)
    SELECT id, tenant FROM new`,
}

const flowStatement = {
  name: 'journal_flow',
  text: `WITH new AS (
      INSERT INTO flow (tenant, flow) SELECT * FROM unnest($1::int[], $2::text[]) ORDER BY 1, 2 ON CONFLICT (tenant, flow) DO UPDATE SET flow = excluded.flow RETURNING id, tenant, flow
    ) SELECT id, tenant, flow FROM new`,
}
