import { z } from 'zod'
import { requireId } from '../../base/ids.ts'
import type { Decision } from '../../engine/engine.ts'
import { tenantOf, tenantQuery as query } from '../connect/asking.ts'
import { findRun } from '../find-run.ts'
import { runParams as params, text } from '../answers/run.ts'
import { defineRoute, type Routes } from '../route.ts'

const messageId = text.optional().describe('The same id again changes nothing.')
const taken = { 202: z.object({ run: z.string() }) }

/** Orders to one run, which is named whole or by a part of its id. Every look-up is by tenant and id. */
export const routes: Routes = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/runs/:run/retry',
    right: 'runs:write',
    audits: { action: 'run.retried', subject: ['run'] },
    summary: 'Lets a failed run go on from its failed step, on the code as it is now.',
    params,
    query,
    answers: taken,
    async handle({ params: { run: name }, query: asked, caller }, { engine }) {
      const tenant = tenantOf(caller, asked)
      const run = await findRun(engine, tenant, name)
      await engine.retry({ tenant, run })
      return { run }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/runs/:run/anew',
    right: 'runs:write',
    audits: { action: 'run.started-anew', subject: ['run'] },
    summary: 'Starts a new run with the same input.',
    params,
    query,
    answers: taken,
    async handle({ params: { run: name }, query: asked, caller }, { engine }) {
      const tenant = tenantOf(caller, asked)
      const run = await findRun(engine, tenant, name)
      return engine.startAnew({ tenant, run })
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/runs/:run/cancel',
    right: 'runs:write',
    audits: { action: 'run.cancelled', subject: ['run'] },
    summary: 'Cancels a run; what it has done is taken back where that was registered.',
    params,
    query,
    body: z.strictObject({ reason: text.optional() }).meta({ examples: [{ reason: 'ordered twice' }] }),
    answers: taken,
    async handle({ params: { run: name }, body: { reason }, query: asked, caller }, { engine }) {
      const tenant = tenantOf(caller, asked)
      const run = await findRun(engine, tenant, name)
      await engine.cancel({ tenant, run, reason: reason ?? `cancelled by ${caller.by}` })
      return { run }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/runs/:run/signals',
    right: 'runs:write',
    summary: 'Sends a message to a run that waits for it.',
    params,
    query,
    body: z
      .strictObject({ name: text, data: z.unknown().optional(), id: messageId })
      .meta({ examples: [{ name: 'approved', data: { amount: 1 } }] }),
    answers: taken,
    async handle({ params: { run: whose }, body: { name, data, id }, query: asked, caller }, { engine }) {
      const tenant = tenantOf(caller, asked)
      const run = await findRun(engine, tenant, whose)
      await engine.signal({ tenant, run, name, data, ...(id === undefined ? {} : { id: requireId(id, 'id') }) })
      return { run }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/runs/:run/decisions',
    right: 'runs:write',
    audits: { action: 'run.decided', subject: ['run'], tells: ['step', 'decision', 'by'] },
    summary: 'Says what became of a call whose outcome is unknown.',
    params,
    query,
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
    async handle({ params: { run: name }, body: { step, decision, result, by }, query: asked, caller }, { engine }) {
      const tenant = tenantOf(caller, asked)
      const run = await findRun(engine, tenant, name)
      const decided: Decision = decision === 'happened' ? { kind: decision, result } : { kind: decision }
      const decider = caller.kind === 'token' ? (by ?? caller.by) : caller.by
      await engine.decide({ tenant, run, step, decision: decided, by: decider })
      return { run }
    },
  }),
]
