import { reject } from 'tenon/simulator'
import { failure } from './dialect.ts'

interface Page {
  readonly limit?: number | undefined
  readonly starting_after?: string | undefined
  readonly ending_before?: string | undefined
  readonly created?:
    | { gt?: number | undefined; gte?: number | undefined; lt?: number | undefined; lte?: number | undefined }
    | undefined
}

/** Newest first, from behind one object or up to another. */
export function pageOf<Item extends { id: string; created?: number | undefined }>(
  all: readonly Item[],
  { limit = 10, starting_after, ending_before, created = {} }: Page,
  url: string,
) {
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = created
  const items = all.toReversed().filter(({ created: at = 0 }) => at > gt && at >= gte && at < lt && at <= lte)
  const placeOf = (id: string, param: string): number => {
    const place = items.findIndex((item) => item.id === id)
    return place < 0
      ? reject(400, failure('invalid_request_error', 'resource_missing', `No such object: '${id}'`, param))
      : place
  }
  if (ending_before !== undefined) {
    const end = placeOf(ending_before, 'ending_before')
    return { object: 'list', url, data: items.slice(Math.max(0, end - limit), end), has_more: end > limit }
  }
  const start = starting_after === undefined ? 0 : placeOf(starting_after, 'starting_after') + 1
  return { object: 'list', url, data: items.slice(start, start + limit), has_more: items.length > start + limit }
}
