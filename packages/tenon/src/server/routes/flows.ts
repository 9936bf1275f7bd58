import { z } from 'zod'
import { TenonError } from '../../base/errors.ts'
import { cleaned } from '../answer.ts'
import { flowDetail, flowSummary } from '../answers/flow.ts'
import { summaryOf, text } from '../answers/run.ts'
import { defineRoute, type Routes } from '../route.ts'

const path = '/api/v1/flows'
const params = z.strictObject({ flow: text })
const told = { 202: z.object({ flow: z.string(), paused: z.boolean() }) }

/** The flows of the app: what they are, what their runs did, and whether they are paused. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path,
    right: 'flows:read',
    summary: 'The flows of the app, and how their runs stand.',
    answers: { 200: z.object({ flows: z.array(flowSummary) }) },
    handle: async ({ caller: { tenant } }, { engine }) => ({ flows: await engine.flows(tenant) }),
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:flow`,
    right: 'flows:read',
    summary: 'One flow: what starts it, and what its latest runs did.',
    params,
    answers: { 200: flowDetail },
    async handle({ params: { flow: name }, caller: { tenant } }, { engine, redact }) {
      const flow = await engine.flow(tenant, name)
      if (flow === null) throw new TenonError('NOT_FOUND', `there is no flow ${name}`)
      // Only the sample: in a schema, a name such as `client_secret` stands for its form.
      return { ...flow, sample: cleaned(flow.sample, redact), recent: flow.recent.map(summaryOf) }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:flow/pause`,
    right: 'flows:write',
    audits: { action: 'flow.paused', subject: ['flow'] },
    summary: 'Takes up no run of a flow until it is resumed; events are still accepted, and their runs wait.',
    params,
    answers: told,
    async handle({ params: { flow }, caller: { tenant } }, { engine }) {
      await engine.pause({ tenant, flow })
      return { flow, paused: true }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:flow/resume`,
    right: 'flows:write',
    audits: { action: 'flow.resumed', subject: ['flow'] },
    summary: 'Takes up the runs of a paused flow again.',
    params,
    answers: told,
    async handle({ params: { flow }, caller: { tenant } }, { engine }) {
      await engine.resume({ tenant, flow })
      return { flow, paused: false }
    },
  }),
]
