import { z } from 'zod'
import { requireId } from '../../base/ids.ts'
import { defineRoute, type Routes } from '../route.ts'

const mostAtOnce = 200
const names = z.array(z.string()).max(mostAtOnce, { error: `at most ${mostAtOnce} names` })
const found = (what: string) =>
  z.array(z.unknown()).describe(`${what}, in the order asked for; null where there is none.`)

/** What living runs have done so far, read only: the next version of the code is tried on it before a deploy. */
export const routes: Routes = ({ journal }) => {
  if (journal === null) return []
  return [
    defineRoute({
      method: 'POST',
      path: '/api/v1/journal/runs',
      right: 'journal:read',
      summary: 'What these runs have done so far, as it is stored.',
      body: z.strictObject({ runs: names }).meta({ examples: [{ runs: ['may-2026'] }] }),
      answers: { 200: z.object({ runs: found('Runs') }) },
      handle: async ({ body, caller: { tenant } }) => ({
        runs: await journal.load(body.runs.map((run) => ({ tenant, run: requireId(run, 'runs') }))),
      }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/journal/values',
      right: 'journal:read',
      summary: 'Values that are stored apart from their entries.',
      body: z.strictObject({ hashes: names }).meta({ examples: [{ hashes: ['x'] }] }),
      answers: { 200: z.object({ values: found('Values') }) },
      handle: async ({ body }) => ({
        values: await journal.values(body.hashes.map((hash) => requireId(hash, 'hashes'))),
      }),
    }),
  ]
}
