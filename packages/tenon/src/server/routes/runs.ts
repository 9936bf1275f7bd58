import { z } from 'zod'
import { requireId } from '../../base/ids.ts'
import type { Decision } from '../../engine/engine.ts'
import type { RunRow, RunStatus } from '../../journal/journal.ts'
import { runDetail, runStatuses, runSummary } from '../answers/run.ts'
import { findRun } from '../find-run.ts'
import { defineRoute, type Route, type Routes } from '../route.ts'
import { TenonError } from '../../base/errors.ts'

const defaultPage = 50
const largestPage = 500
const path = '/api/v1/runs'

const text = z.string().min(1, { error: 'a text that is not empty' })
const params = z.strictObject({
  run: text.describe('Its id, or a beginning or end of it that only one of the latest runs has.'),
})
const messageId = text.optional().describe('The same id again changes nothing.')

const limit = z.coerce
  .number({ error: `a whole number from 1 to ${largestPage}` })
  .int({ error: `a whole number from 1 to ${largestPage}` })
  .min(1, { error: `a whole number from 1 to ${largestPage}` })
  .max(largestPage, { error: `a whole number from 1 to ${largestPage}` })
  .default(defaultPage)

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
  before: text.optional().describe('Goes on below: the `next` of the page before.'),
  limit,
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
    async handle({ query: { status, ...filters }, caller: { tenant } }, { engine }) {
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
    answers: { 200: runDetail },
    async handle({ params: { run: name }, caller: { tenant } }, { engine }) {
      const run = await findRun(engine, tenant, name)
      const view = await engine.describe(tenant, run)
      if (view === null) throw new TenonError('NOT_FOUND', `there is no run ${run}`)
      const { event, steps, output, error, waitsFor, undo } = view
      return { ...summaryOf(view), event, steps, output, error, waitsFor, undo }
    },
  }),
]

const started = z.object({ run: z.string(), duplicate: z.boolean() })

const start = defineRoute({
  method: 'POST',
  path,
  right: 'runs:write',
  summary: 'Starts a flow by hand.',
  body: z
    .strictObject({
      flow: text,
      input: z.unknown().optional(),
      id: text.optional().describe('The run gets this id; the same id again gives the same run.'),
    })
    .meta({ examples: [{ flow: 'close-month', input: { month: '2026-05' }, id: 'may-2026' }] }),
  answers: { 202: started },
  handle: ({ body: { flow, input, id }, caller: { tenant } }, { engine }) =>
    engine.start({
      tenant,
      flow: requireId(flow, 'flow'),
      input,
      ...(id === undefined ? {} : { id: requireId(id, 'id') }),
    }),
})

const taken = { 202: z.object({ run: z.string() }) }

/** Orders to one run, which is named whole or by a part of its id. */
const steering: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: `${path}/:run/retry`,
    right: 'runs:write',
    summary: 'Lets a failed run go on from its failed step, on the code as it is now.',
    params,
    answers: taken,
    async handle({ params: { run: name }, caller: { tenant } }, { engine }) {
      const run = await findRun(engine, tenant, name)
      await engine.retry({ tenant, run })
      return { run }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:run/anew`,
    right: 'runs:write',
    summary: 'Starts a new run with the same input.',
    params,
    answers: taken,
    async handle({ params: { run: name }, caller: { tenant } }, { engine }) {
      const run = await findRun(engine, tenant, name)
      return engine.startAnew({ tenant, run })
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:run/cancel`,
    right: 'runs:write',
    summary: 'Cancels a run; what it has done is taken back where that was registered.',
    params,
    body: z.strictObject({ reason: text.optional() }).meta({ examples: [{ reason: 'ordered twice' }] }),
    answers: taken,
    async handle({ params: { run: name }, body: { reason }, caller: { tenant, by } }, { engine }) {
      const run = await findRun(engine, tenant, name)
      await engine.cancel({ tenant, run, reason: reason ?? `cancelled by ${by}` })
      return { run }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:run/signals`,
    right: 'runs:write',
    summary: 'Sends a message to a run that waits for it.',
    params,
    body: z
      .strictObject({ name: text, data: z.unknown().optional(), id: messageId })
      .meta({ examples: [{ name: 'approved', data: { amount: 1 } }] }),
    answers: taken,
    async handle({ params: { run: whose }, body: { name, data, id }, caller: { tenant } }, { engine }) {
      const run = await findRun(engine, tenant, whose)
      await engine.signal({ tenant, run, name, data, ...(id === undefined ? {} : { id: requireId(id, 'id') }) })
      return { run }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:run/decisions`,
    right: 'runs:write',
    summary: 'Says what became of a call whose outcome is unknown.',
    params,
    body: z
      .strictObject({
        step: text,
        decision: z.enum(['happened', 'did-not-happen', 'retry']),
        result: z.unknown().optional().describe('With `happened`: what the call answered.'),
        by: text
          .optional()
          .describe('Who decides; only for programs that ask with the token, a person who signed in is known.'),
      })
      .meta({ examples: [{ step: 'shiprocket.createOrder#1', decision: 'did-not-happen' }] }),
    answers: taken,
    async handle({ params: { run: name }, body: { step, decision, result, by }, caller }, { engine }) {
      const { tenant } = caller
      const run = await findRun(engine, tenant, name)
      const decided: Decision = decision === 'happened' ? { kind: decision, result } : { kind: decision }
      const decider = caller.kind === 'token' ? (by ?? caller.by) : caller.by
      await engine.decide({ tenant, run, step, decision: decided, by: decider })
      return { run }
    },
  }),
]

/** Runs, as people see and steer them. Every look-up is by tenant and id. */
export const routes: Routes = [...looking, start, ...steering]

function summaryOf(row: RunRow) {
  const { run, flow, version, status, key, createdAt, updatedAt, endedAt, wakeAt, code, parent, linked } = row
  return { run, flow, version, status, key, createdAt, updatedAt, endedAt, wakeAt, code, parent, linked }
}
