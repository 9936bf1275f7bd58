import { TenonError } from '../base/errors.ts'
import { requireId } from '../base/ids.ts'
import type { Engine } from '../engine/engine.ts'

const shortestPart = 3
/** So many of those that fit are told. */
const mostNamed = 6
/** Each looks at five thousand runs. */
const mostPages = 200

/** The id of the run that is named whole, or by a beginning or an end that only one run has. Rejects with `NOT_FOUND` or `INPUT_INVALID`. */
export async function findRun(
  engine: Pick<Engine, 'describe' | 'list'>,
  tenant: string,
  name: string,
): Promise<string> {
  const id = requireId(name, 'run')
  // A look at the index: the whole id is what a program and the console give.
  if (id.length >= shortestPart) {
    const { runs } = await engine.list({ tenant, id, limit: 1 })
    if (runs[0]?.run === id) return id
  }
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

async function matching(engine: Pick<Engine, 'list'>, tenant: string, id: string): Promise<string[]> {
  const matches: string[] = []
  let before: string | null = null
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page: Awaited<ReturnType<Engine['list']>> = await engine.list({
      tenant,
      id,
      limit: mostNamed,
      ...(before === null ? {} : { before }),
    })
    matches.push(...page.runs.map(({ run }) => run))
    before = page.next
    if (before === null || matches.length >= mostNamed) break
  }
  return matches
}
