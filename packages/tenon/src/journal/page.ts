import { TenonError } from '../base/errors.ts'

/** Where a page of runs ends: below the run of that number, or, in a search by id, below that id. */
export type Position =
  | { readonly by: 'number'; readonly number: number }
  /** Ids that begin with what was sought come first, then those that end with it. */
  | { readonly by: 'beginning' | 'end'; readonly run: string }

/** The text of a position, as callers hand it back. */
export function writePosition(position: Position): string {
  return position.by === 'number' ? `n${position.number.toString(36)}` : `${position.by[0]}:${position.run}`
}

/** Throws `INPUT_INVALID` for a text that no page of such a search ended with. */
export function readPosition(text: string, isById: boolean): Position {
  const run = text.slice(2)
  if (isById && run !== '' && text.startsWith('b:')) return { by: 'beginning', run }
  if (isById && run !== '' && text.startsWith('e:')) return { by: 'end', run }
  const number = Number.parseInt(text.slice(1), 36)
  if (!isById && /^n[0-9a-z]{1,10}$/.test(text) && Number.isSafeInteger(number)) return { by: 'number', number }
  throw new TenonError('INPUT_INVALID', 'before is not what next of an earlier page of this list said', {
    details: { field: 'before' },
  })
}
