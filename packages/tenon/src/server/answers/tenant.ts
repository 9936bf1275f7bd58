import { z } from 'zod'

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch, by the first database.')
const bytes: z.ZodNullable<z.ZodNumber> = z.number().nullable()

export const tenantView: z.ZodObject = z
  .object({
    tenant: z.string(),
    database: z.string().describe('Hosts and database, without user and password.'),
    runs: z.number().nullable().describe('null where its database does not answer.'),
    bytes: bytes.describe('About: its share, by runs, of the tables of its database.'),
  })
  .meta({ id: 'Tenant', description: 'A tenant, and the database that it lives on.' })

export const tenantList: z.ZodObject = z.object({
  databases: z.array(
    z
      .object({
        name: z.string(),
        isReached: z.boolean().describe('It answers.'),
        tenants: z.number(),
        bytes: bytes.describe('Of its tables of runs and events.'),
      })
      .meta({ id: 'TenantDatabase', description: 'One of several databases.' }),
  ),
  tenants: z.array(tenantView),
})

export const moveView: z.ZodObject = z
  .object({
    tenant: z.string(),
    source: z.string(),
    target: z.string(),
    state: z
      .enum(['copying', 'resting', 'closed', 'switched', 'cancelling', 'done', 'cancelled'])
      .describe(
        'copying: it works where it was. resting: its runs leave memory. closed: nothing is written for it. switched: it lives at the target, and the source is cleared.',
      ),
    by: z.string(),
    begunAt: time,
    changedAt: time,
    progress: z.object({
      pass: z.number().optional().describe('Which time it is that both sides are compared.'),
      compared: z.number().optional(),
      copied: z.number().optional(),
      pausedMs: z.number().optional().describe('For how long nothing could be written for it.'),
    }),
    problem: z.string().nullable().describe('Of the latest try; it is tried again.'),
  })
  .meta({ id: 'TenantMove', description: 'A tenant on its way from one database to another.' })
