import { z } from 'zod'
import { runStatus } from '../answers/run.ts'
import { defineRoute, type Routes } from '../route.ts'
import { version } from '../version.ts'

const status = z
  .object({
    state: z.enum(['starting', 'ready', 'draining']),
    activity: z
      .object({ inProgress: z.number(), readied: z.number(), nextWakeAt: z.number().nullable() })
      .describe('Runs in memory, runs about to be, and when the next waiting run goes on.'),
    counts: z.record(runStatus as z.ZodType<string>, z.number()).describe('Runs by status.'),
    webhooks: z.array(
      z.object({ path: z.string(), connector: z.string(), connection: z.string(), verification: z.string() }),
    ),
    version: z.string(),
    app: z.object({ name: z.string() }),
    nodes: z.number().nullable().describe('How many share the database; null for one by itself.'),
    databases: z
      .array(
        z.object({
          name: z.string(),
          isReached: z.boolean().describe('false: this node is cut off from it, and its tenants wait.'),
        }),
      )
      .describe('Where there are several; else empty.'),
    startedAt: z.number().describe('Milliseconds since the epoch.'),
  })
  .meta({ id: 'Status', description: 'What the server is doing, in figures.' })

/** What the server is doing, in figures. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/status',
    right: 'status:read',
    summary: 'What the server is doing, in figures.',
    answers: { 200: status },
    handle: async ({ caller: { tenant } }, { engine, state, webhooks, appName, startedAt, membership, tenants }) => ({
      state: state.current,
      activity: engine.activity(),
      counts: await engine.counts(tenant),
      webhooks: webhooks.all
        .filter((webhook) => webhook.tenant === tenant)
        .map(({ path, connector, connection, verification }) => ({ path, connector, connection, verification })),
      version,
      app: { name: appName },
      nodes: membership === null ? null : membership.standing().nodes,
      databases: tenants?.reached() ?? [],
      startedAt,
    }),
  }),
]
