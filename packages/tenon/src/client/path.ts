import { TenonError } from '../base/errors.ts'
import { climbs, pathSegment } from '../definition/segment.ts'

/** A path below a base path, with places for values; split once, filled for each call. */
export interface PathTemplate {
  /** One more than the names. */
  readonly pieces: readonly string[]
  readonly names: readonly string[]
}

const place = /\{([^{}]*)\}/
const pathForm = /^\/(?!\/)[\w\-.~!$&'()*+,;=:@%/]*$/

export function parsePath(basePath: string, path: string, what: string): PathTemplate {
  const parts = path.split(place)
  const pieces = parts.filter((_part, index) => index % 2 === 0)
  const names = parts.filter((_part, index) => index % 2 === 1)
  if (path !== '') requirePath(pieces.join('x'), what)
  return { pieces: [`${basePath}${pieces[0]}`, ...pieces.slice(1)], names }
}

/** The path itself when it starts at the base path and stays below it. Throws `APP_INVALID`. */
export function requirePath(path: string, what: string): string {
  if (pathForm.test(path) && !climbs(path)) return path
  throw new TenonError(
    'APP_INVALID',
    `${what}: the path must begin with one slash, be percent-encoded, and have no query, fragment or dot segments; put the query into query`,
  )
}

/** A query that is written already. Throws `APP_INVALID` for what would reach beyond it. */
export function requireSearch(search: string, what: string): string {
  if (/^[\w\-.~!$&'()*+,;=:@%/?[\]]*$/.test(search)) return search
  throw new TenonError('APP_INVALID', `${what}: search must be percent-encoded, without ? before it and # in it`)
}

export function fillPath({ pieces, names }: PathTemplate, input: Readonly<Record<string, unknown>>): string {
  let path = pieces[0] as string
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string
    path += pathSegment(Object.hasOwn(input, name) ? input[name] : undefined, name) + pieces[index + 1]
  }
  return path
}
