import { TenonError } from '../base/errors.ts'
import { requireId } from '../base/ids.ts'
import type { Engine } from '../engine/engine.ts'

const searched = 2_000
const shortestPart = 3

/** The id of the run that is named whole, or by a beginning or an end that only one of the latest runs has. Rejects with `NOT_FOUND` or `INPUT_INVALID`. */
export async function findRun(
  engine: Pick<Engine, 'describe' | 'list'>,
  tenant: string,
  name: string,
): Promise<string> {
  const id = requireId(name, 'run')
  if ((await engine.describe(tenant, id)) !== null) return id
  const matches = id.length < shortestPart ? [] : await matching(engine, tenant, id)
  if (matches.length > 1) {
    throw new TenonError(
      'INPUT_INVALID',
      `several runs are named like ${id}: ${matches.slice(0, 5).join(', ')}${matches.length > 5 ? ' …' : ''}`,
    )
  }
  const [only] = matches
  if (only === undefined) throw new TenonError('NOT_FOUND', `there is no run ${id}`)
  return only
}

async function matching(engine: Pick<Engine, 'list'>, tenant: string, part: string): Promise<string[]> {
  const matches: string[] = []
  const limit = 500
  let before: string | undefined
  for (let seen = 0; seen < searched; seen += limit) {
    const page = await engine.list({ tenant, limit, ...(before === undefined ? {} : { before }) })
    for (const { run } of page) if (run.startsWith(part) || run.endsWith(part)) matches.push(run)
    before = page.at(-1)?.run
    if (page.length < limit) break
  }
  return matches
}
