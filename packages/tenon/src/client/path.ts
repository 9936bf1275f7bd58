import { TenonError } from '../base/errors.ts'
import { kindOf } from '../base/schema.ts'

/** A path below a base path, with places for values; split once, filled for each call. */
export interface PathTemplate {
  /** One more than the names. */
  readonly pieces: readonly string[]
  readonly names: readonly string[]
}

const place = /\{([^{}]*)\}/
const pathForm = /^\/(?!\/)[\w\-.~!$&'()*+,;=:@%/]*$/
const dotSegment = /(?:^|[\\/])(?:\.|%2e){1,2}(?=[\\/]|$)/i

export function parsePath(basePath: string, path: string, what: string): PathTemplate {
  const parts = path.split(place)
  const pieces = parts.filter((_part, index) => index % 2 === 0)
  const names = parts.filter((_part, index) => index % 2 === 1)
  requirePath(pieces.join('x'), what)
  return { pieces: [`${basePath}${pieces[0]}`, ...pieces.slice(1)], names }
}

/** The path itself when it starts at the base path and stays below it. Throws `APP_INVALID`. */
export function requirePath(path: string, what: string): string {
  if (pathForm.test(path) && !dotSegment.test(path)) return path
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

export function fillPath(
  { pieces, names }: PathTemplate,
  input: Readonly<Record<string, unknown>>,
  what: string,
): string {
  let path = pieces[0] as string
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string
    path += segment(Object.hasOwn(input, name) ? input[name] : undefined, name, what) + pieces[index + 1]
  }
  return path
}

/** One segment stays one: nothing in a value can add another, climb up, or reach the query (EGR-03). */
function segment(value: unknown, name: string, what: string): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string' || value === '') throw unusable(name, value === '' ? 'empty' : kindOf(value), what)
  // Some servers decode %2F before they resolve dots.
  if (dotSegment.test(value)) throw unusable(name, 'a path of its own', what)
  try {
    return encodeURIComponent(value)
  } catch {
    throw unusable(name, 'not valid Unicode', what)
  }
}

function unusable(name: string, found: string, what: string): TenonError {
  return new TenonError(
    'INPUT_INVALID',
    `${what}: ${name} goes into the path and is ${found}; expected a text or a number`,
    {
      details: { problems: [{ field: name, expected: 'a text or a number for the path', kind: found }] },
    },
  )
}
