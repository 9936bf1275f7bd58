import { randomUUID } from 'node:crypto'
import { TenonError } from '../../base/errors.ts'
import type { TransferMark } from '../../journal/transfer.ts'
import type { PlaceAtRest } from '../../server/durable.ts'
import { auditPages, differences, documentPages, measure, type Measure } from './measure.ts'
import { obstaclesOf } from './obstacles.ts'

export type Phase = 'copying' | 'reading the source' | 'reading the target'

export interface Ends {
  readonly source: PlaceAtRest
  readonly target: PlaceAtRest
  readonly now: () => number
  /** Makes what the target stands in, once nothing is in the way. */
  readonly onClear: () => void
  readonly onProgress: (phase: Phase, rows: number) => void
}

/** Moves all that lasts, or goes on where an earlier try was cut off, and compares both ends. Rejects before anything is changed when something stands in the way. */
export async function move(ends: Ends): Promise<{ readonly source: Measure; readonly target: Measure }> {
  const { source, target } = ends
  const [problem] = await obstaclesOf(source, target)
  if (problem !== undefined) throw problem
  ends.onClear()
  const mark = await begin(ends)
  if (mark.state === 'arriving') {
    await copy(ends, mark)
    await target.journal.complete({ closedCleanly: await source.journal.closedCleanly() })
  }
  const found = {
    source: await measure(source, (rows) => ends.onProgress('reading the source', rows)),
    // Whoever has begun to work there has changed it.
    target: mark.state === 'used' ? null : await measure(target, (rows) => ends.onProgress('reading the target', rows)),
  }
  if (found.target !== null) await compare(ends, { source: found.source, target: found.target })
  await end(ends, mark.transfer)
  return { source: found.source, target: found.target ?? found.source }
}

/** Nobody works on either end from now on. The source first: what is on its way must not change. */
async function begin({ source, target, now }: Ends): Promise<TransferMark> {
  const left = await source.journal.mark()
  const transfer = left?.state === 'leaving' ? left.transfer : randomUUID()
  const newMark = (state: TransferMark['state'], other: PlaceAtRest): TransferMark => ({
    transfer,
    state,
    other: other.journal.name,
    at: now(),
    position: null,
  })
  const isOurs = (mark: TransferMark | null): boolean => mark?.transfer === transfer
  await source.journal.changeMark((mark) => (isOurs(mark) ? mark : newMark('leaving', target)))
  await refuseHolder(source, () => source.journal.changeMark(() => left))
  await target.journal.prepare()
  const mark = await target.journal.changeMark((before) => (isOurs(before) ? before : newMark('arriving', source)))
  await refuseHolder(target, async () => {
    await target.journal.changeMark(() => null)
    await source.journal.changeMark(() => left)
  })
  return mark ?? newMark('arriving', source)
}

/** A node that was just starting when the mark was made has joined by now, or will see it. */
async function refuseHolder({ journal }: PlaceAtRest, undo: () => Promise<unknown>): Promise<void> {
  const holder = await journal.holder()
  if (holder === null) return
  await undo()
  throw new TenonError(journal.unusable, `${journal.name} is in use by ${holder}. Stop it, then try again.`)
}

type Reached = (position: string, rows: number) => Promise<void>

/** Positions are of the journal, then of the store: `documents <position>`, `audit <tenant> <number>`. */
async function copy(ends: Ends, { position: last }: TransferMark): Promise<void> {
  const { source, target, onProgress } = ends
  let copied = 0
  const reached: Reached = async (position, rows) => {
    await target.journal.changeMark((now) => (now === null ? null : { ...now, position }))
    onProgress('copying', (copied += rows))
  }
  const isInStore = last !== null && /^(documents|audit) /.test(last)
  if (!isInStore)
    for await (const { rows, position } of source.journal.pages(last)) {
      await target.journal.put(rows)
      await reached(position, rows.length)
    }
  if (!(await source.hasNoStore())) await copyStore(ends, isInStore ? last.split(' ') : [], reached)
}

async function copyStore({ source, target }: Ends, last: readonly string[], reached: Reached): Promise<void> {
  const [from, into] = [source.store.transfer, target.store.transfer]
  const [part, first = '', second = '0'] = last
  if (part !== 'audit')
    for await (const rows of documentPages(from, Number(first))) {
      await into.take(rows, [])
      await reached(`documents ${rows.at(-1)?.position ?? 0}`, rows.length)
    }
  const after = part === 'audit' ? { tenant: first, number: Number(second) } : { tenant: '', number: 0 }
  for await (const rows of auditPages(from, after)) {
    await into.take([], rows)
    const { tenant = '', number = 0 } = rows.at(-1) ?? {}
    await reached(`audit ${tenant} ${number}`, rows.length)
  }
}

async function compare({ target }: Ends, found: { readonly source: Measure; readonly target: Measure }): Promise<void> {
  const differ = differences(found.source, found.target)
  const broken: string[] = []
  for (const tenant of Object.keys(found.target.auditHeads))
    if ((await target.store.verifyAudit(tenant)) !== null) broken.push(tenant)
  if (differ.length === 0 && broken.length === 0) return
  const problems = [...differ, ...broken.map((tenant) => `the audit log of ${tenant}`)]
  throw new TenonError(
    target.journal.unusable,
    `${target.journal.name} does not hold what the source holds: ${problems.join(', ')}. The source is as it was: take it back with --take-back.`,
    { details: { ...found } },
  )
}

/** The target may be used before the source says that it has moved, never both: the source is closed since the beginning. */
async function end({ source, target, now }: Ends, transfer: string): Promise<void> {
  await target.journal.changeMark((mark) =>
    mark?.state === 'arriving' ? { ...mark, state: 'arrived', at: now() } : mark,
  )
  await source.journal.changeMark((mark) =>
    mark?.transfer === transfer ? { ...mark, state: 'moved', at: now() } : mark,
  )
}

/** The source is used again, and the target never: as long as nobody has worked there. */
export async function takeBack({ source, target, now }: Omit<Ends, 'onProgress' | 'onClear'>): Promise<void> {
  const mark = await source.journal.mark()
  if (mark?.state !== 'leaving' && mark?.state !== 'moved')
    throw new TenonError('INPUT_INVALID', `${source.journal.name} was not moved: there is nothing to take back.`)
  for (const { journal } of [target, source]) {
    const holder = await journal.holder()
    if (holder !== null)
      throw new TenonError(journal.unusable, `${journal.name} is in use by ${holder}. Stop it, then try again.`)
  }
  await closeTarget(target, source, { ...mark, at: now() })
  await source.journal.changeMark((before) => (before?.transfer === mark.transfer ? null : before))
}

async function closeTarget({ journal }: PlaceAtRest, source: PlaceAtRest, mark: TransferMark): Promise<void> {
  const found = await journal.mark()
  if (found === null && mark.state === 'leaving' && (await journal.isEmpty())) return
  if (found?.transfer !== mark.transfer)
    throw new TenonError('INPUT_INVALID', `${journal.name} is not where ${source.journal.name} was moved to.`)
  await journal.changeMark((before) => {
    if (before?.state === 'used')
      throw new TenonError(
        'INPUT_INVALID',
        `${journal.name} has been worked on since ${source.journal.name} was moved there, which would be lost. Move it to a new place instead: npx tenon migrate --from ${journal.name} --to <folder or database>`,
      )
    return before === null ? null : { ...before, state: 'arriving', at: mark.at }
  })
}
