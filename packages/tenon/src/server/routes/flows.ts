import { z } from 'zod'
import { text } from '../answers/run.ts'
import { defineRoute, type Routes } from '../route.ts'

const path = '/api/v1/flows'
const params = z.strictObject({ flow: text })
const told = { 202: z.object({ flow: z.string(), paused: z.boolean() }) }

/** The flows of the app: what they are, what their runs did, and whether they are paused. */
export const routes: Routes = [
  defineRoute({
    method: 'POST',
    path: `${path}/:flow/pause`,
    right: 'flows:write',
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
    summary: 'Takes up the runs of a paused flow again.',
    params,
    answers: told,
    async handle({ params: { flow }, caller: { tenant } }, { engine }) {
      await engine.resume({ tenant, flow })
      return { flow, paused: false }
    },
  }),
]
