import { z } from 'zod'
import { requireId } from '../../base/ids.ts'
import type { RunStatus } from '../../journal/journal.ts'
import { exchange, runDetail, runParams as params, runStatuses, runSummary, summaryOf, text } from '../answers/run.ts'
import { tenantOf, tenantQuery } from '../connect/asking.ts'
import { findRun } from '../find-run.ts'
import { defineRoute, type Route, type Routes } from '../route.ts'
import { TenonError } from '../../base/errors.ts'

const defaultPage = 50
const largestPage = 500
const path = '/api/v1/runs'

const limit = z.coerce
  .number({ error: `a whole number from 1 to ${largestPage}` })
  .int({ error: `a whole number from 1 to ${largestPage}` })
  .min(1, { error: `a whole number from 1 to ${largestPage}` })
  .max(largestPage, { error: `a whole number from 1 to ${largestPage}` })
  .default(defaultPage)

const momentForm = 'milliseconds since the epoch, or a time such as 2026-05-01T08:00:00Z'
const moment = z
  .string()
  .regex(/^(\d{1,15}|\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)$/, { error: momentForm })
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
  .refine((at) => !Number.isNaN(at), { error: momentForm })

const oneStatus = `(${runStatuses.join('|')})`
const query = z.strictObject({
  flow: text.optional(),
  status: z
    .string()
    .regex(new RegExp(`^${oneStatus}(,${oneStatus})*$`), { error: `one or several of ${runStatuses.join(', ')}` })
    .optional()
    .describe('Any of these, separated by commas.'),
  key: text.optional(),
  code: text.optional().describe('Error code of failed, parked or cancelled runs.'),
  event: text.optional().describe('Id of an event that started or reached them.'),
  id: z.string().min(3, { error: 'at least 3 characters' }).optional().describe('The beginning or the end of an id.'),
  since: moment.optional().describe('Created then or later.'),
  until: moment.optional().describe('Created before then.'),
  before: text.optional().describe('Goes on below: the `next` of the page before.'),
  limit,
  ...tenantQuery.shape,
})

/** Only what was given. */
function withoutUndefined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}

const looking: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path,
    right: 'runs:read',
    summary: 'Runs, newest first.',
    query,
    answers: { 200: z.object({ runs: z.array(runSummary), next: z.string().nullable() }) },
    async handle({ query: { status, tenant: named, ...filters }, caller }, { engine }) {
      const tenant = tenantOf(caller, { tenant: named })
      const statuses = status === undefined ? {} : { status: status.split(',') as RunStatus[] }
      const { runs, next } = await engine.list({ tenant, ...statuses, ...withoutUndefined(filters) })
      return { runs: runs.map(summaryOf), next }
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:run`,
    right: 'runs:read',
    summary: 'The story of one run.',
    params,
    query: tenantQuery,
    shows: 'data',
    answers: { 200: runDetail },
    async handle({ params: { run: name }, query: asked, caller }, { engine }) {
      const tenant = tenantOf(caller, asked)
      const run = await findRun(engine, tenant, name)
      const view = await engine.describe(tenant, run)
      if (view === null) throw new TenonError('NOT_FOUND', `there is no run ${run}`)
      const {
        tenant: _tenant,
        inLine: _inLine,
        lastSeq: _lastSeq,
        recoveries: _recoveries,
        eventKey: _key,
        ...told
      } = view
      return told
    },
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:run/exchanges`,
    right: 'runs:read',
    summary: 'What the calls of a run sent and got, without secrets, as far as it is kept.',
    params,
    query: tenantQuery,
    answers: { 200: z.object({ exchanges: z.array(exchange) }) },
    async handle({ params: { run: name }, query: asked, caller }, { engine }) {
      const tenant = tenantOf(caller, asked)
      const run = await findRun(engine, tenant, name)
      const exchanges = await engine.exchanges(tenant, run)
      if (exchanges === null) throw new TenonError('NOT_FOUND', `there is no run ${run}`)
      return { exchanges }
    },
  }),
]

const started = z.object({ run: z.string(), duplicate: z.boolean() })

const start = defineRoute({
  method: 'POST',
  path,
  right: 'runs:write',
  summary: 'Starts a flow by hand.',
  query: tenantQuery,
  body: z
    .strictObject({
      flow: text,
      input: z.unknown().optional(),
      id: text.optional().describe('The run gets this id; the same id again gives the same run.'),
    })
    .meta({ examples: [{ flow: 'close-month', input: { month: '2026-05' }, id: 'may-2026' }] }),
  answers: { 202: started },
  handle: ({ body: { flow, input, id }, query: asked, caller }, { engine }) =>
    engine.start({
      tenant: tenantOf(caller, asked),
      flow: requireId(flow, 'flow'),
      input,
      ...(id === undefined ? {} : { id: requireId(id, 'id') }),
    }),
})

/** Runs, as people see them. Every look-up is by tenant and id. */
export const routes: Routes = [...looking, start]
