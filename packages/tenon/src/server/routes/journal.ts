import { TenonError } from '../../base/errors.ts'
import { requireId } from '../../base/ids.ts'
import type { JournalWork } from '../../journal/journal.ts'
import { answer, membersOf } from '../operator-request.ts'
import type { Route } from '../route.ts'
import type { ServerContext } from '../server.ts'

const mostAtOnce = 200

/** What living runs have done so far, read only: the next version of the code is tried on it before a deploy. */
export function journalRoutes({ journal, operator }: ServerContext): readonly Route[] {
  if (journal === undefined) return []
  return [
    {
      method: 'POST',
      path: '/api/v1/journal/runs',
      auth: 'operator',
      async handle(request, reply) {
        const runs = namesOf(membersOf(request)['runs'])
        answer(reply, { runs: await journal.load(runs.map((run) => ({ tenant: operator.tenant, run }))) })
        return reply
      },
    },
    {
      method: 'POST',
      path: '/api/v1/journal/values',
      auth: 'operator',
      async handle(request, reply) {
        answer(reply, { values: await journal.values(namesOf(membersOf(request)['hashes'])) })
        return reply
      },
    },
  ]
}

export type ReadableJournal = Pick<JournalWork, 'load' | 'values'>

function namesOf(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > mostAtOnce)
    throw new TenonError('INPUT_INVALID', `expected a list of at most ${mostAtOnce} names`)
  return value.map((name) => requireId(name, 'name'))
}
