import { TenonError } from '../../base/errors.ts'
import type { TransferMark } from '../../journal/transfer.ts'
import type { PlaceAtRest } from '../../server/durable.ts'

/** What stands in the way of a move; nothing is changed to find it out. The first is the one to remove first. */
export async function obstaclesOf(source: PlaceAtRest, target: PlaceAtRest): Promise<readonly TenonError[]> {
  const obstacles: TenonError[] = []
  const against = ({ journal }: PlaceAtRest, problem: string): void =>
    void obstacles.push(new TenonError(journal.unusable, `${journal.name} ${problem}`))
  if (source.journal.name === target.journal.name)
    return [new TenonError('INPUT_INVALID', `${source.journal.name} is both ends of the move: name another target.`)]
  for (const end of [source, target]) {
    const holder = await end.journal.holder()
    if (holder !== null) against(end, `is in use by ${holder}. Stop it first: what moves must be at rest.`)
  }
  if (obstacles.length > 0) return obstacles
  const [left, arrived] = [await source.journal.mark(), await target.journal.mark()]
  // Begun already, and to be gone on with.
  if (left?.state === 'leaving' && left.transfer === arrived?.transfer) return []
  const atSource = left === null ? await unmovedProblem(source) : sourceProblem(left, target)
  if (atSource !== null) against(source, atSource)
  if (arrived?.state === 'moved')
    against(target, `holds what was moved away from it, to ${arrived.other}. Name a new database or folder.`)
  else if (arrived !== null || !(await isBare(target)))
    against(target, 'holds other work, which would be mixed up with what comes. Name a new database or folder.')
  return obstacles
}

function sourceProblem(mark: TransferMark, target: PlaceAtRest): string | null {
  if (mark.state === 'arriving')
    return `has not all of what comes from ${mark.other} yet. Finish that move first, or take it back.`
  if (mark.state === 'moved') return `was moved to ${mark.other} already.`
  if (mark.state === 'leaving' && mark.other !== target.journal.name)
    return `is on its way to ${mark.other}. Finish that move, or take it back with --take-back.`
  return null
}

/** Where there is nothing, a name was mostly typed wrong. */
async function unmovedProblem(source: PlaceAtRest): Promise<string | null> {
  return (await isBare(source)) ? 'holds nothing that could move. Name the place that the work is in.' : null
}

async function isBare(place: PlaceAtRest): Promise<boolean> {
  return (await place.journal.isEmpty()) && (await isEmptyStore(place))
}

async function isEmptyStore({ store, hasNoStore }: PlaceAtRest): Promise<boolean> {
  if (await hasNoStore()) return true
  const documents = await store.transfer.documents(0)
  const entries = await store.transfer.entries({ tenant: '', number: 0 })
  return documents.length === 0 && entries.length === 0
}
