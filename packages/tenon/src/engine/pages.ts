import { TenonError } from '../base/errors.ts'
import { contentHash } from '../base/ids.ts'
import { encode } from '../base/json.ts'
import type { CallOptions } from '../definition/flow.ts'
import type { Paging } from '../definition/operation.ts'

interface Paged {
  /** `alias.operation`. */
  readonly base: string
  readonly next: Paging['next']
  readonly call: (input: unknown, options: CallOptions | undefined) => Promise<unknown>
}

/** The pages of a list, each a step of its own: a run that comes back finds those that it has had, and asks for the next one. */
export async function* pagesOf(
  { base, next, call }: Paged,
  input: unknown,
  options: CallOptions | undefined,
): AsyncGenerator<unknown, void, void> {
  const ask = next as (input: unknown, output: unknown) => unknown
  const asked = new Set<string>()
  let before = ''
  let wanted = input
  for (let page = 1; wanted !== null && wanted !== undefined; page += 1) {
    const hash = contentHash(encode(wanted, `input of ${base}`))
    if (asked.has(hash))
      throw new TenonError(
        'UPSTREAM_ANSWER_INVALID',
        `${base}: what followed page ${page - 1} is a page that was given already; the list would not end`,
      )
    asked.add(hash)
    const output = await call(wanted, options)
    yield output
    wanted = ask(wanted, output)
    // A provider that does not look at the number of a page gives the first one for ever.
    const given = contentHash(encode(output, `output of ${base}`))
    if (given === before && wanted !== null && wanted !== undefined)
      throw new TenonError(
        'UPSTREAM_ANSWER_INVALID',
        `${base}: page ${page} is the one before it; the list would not end`,
      )
    before = given
  }
}
