import type { Connector } from '../definition/connector.ts'
import type { OperationOptions } from '../definition/operation.ts'
import type { RawRequest } from '../definition/verifier.ts'

export interface Route {
  readonly operation: string
  readonly options: OperationOptions
  readonly segments: readonly Segment[]
}

/** A part of a path: text, and the parameters between it. */
interface Segment {
  /** One more than the names. */
  readonly pieces: readonly string[]
  readonly names: readonly string[]
}

export interface RouteMatch {
  /** Operations of that method and path: one path may serve several, told apart by what they claim, else by their inputs. */
  readonly routes: readonly Route[]
  readonly params: Readonly<Record<string, string>>
  /** True when another method would have met an operation. */
  readonly otherMethod: boolean
}

/** The operations of a connector, fixed paths before those with parameters. */
export function routesOf(connector: Connector): readonly Route[] {
  const base = partsOf(new URL(connector.options.baseUrl).pathname)
  return Object.entries(connector.options.operations)
    .map(([operation, options]) => ({
      operation,
      options,
      segments: [...base, ...partsOf(options.path)].map(segmentOf),
    }))
    .toSorted((left, right) => looseness(left) - looseness(right))
}

/** A part that is a parameter and nothing else takes more than one with text around it. */
function looseness({ segments }: Route): number {
  return segments.reduce(
    (sum, { pieces, names }) => sum + (names.length === 0 ? 0 : pieces.every((piece) => piece === '') ? 2 : 1),
    0,
  )
}

export function matchRoute(routes: readonly Route[], request: RawRequest, path: string): RouteMatch {
  const parts = partsOf(path)
  let params: Readonly<Record<string, string>> = {}
  const found: Route[] = []
  let otherMethod = false
  for (const route of routes) {
    const here = match(route.segments, parts)
    if (here === null) continue
    if (route.options.method !== request.method) otherMethod = true
    else if ((found.length === 0 || found[0]?.options.path === route.options.path) && claims(route, request)) {
      found.push(route)
      params = here
    }
  }
  return { routes: found, params, otherMethod }
}

function claims({ options }: Route, request: RawRequest): boolean {
  return options.served?.claims?.(request) ?? true
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

function segmentOf(text: string): Segment {
  const parts = text.split(/\{([^{}]*)\}/)
  return {
    pieces: parts.filter((_part, index) => index % 2 === 0).map((piece) => decodePart(piece) ?? piece),
    names: parts.filter((_part, index) => index % 2 === 1),
  }
}

function match(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | null {
  if (segments.length !== parts.length) return null
  const params: [string, string][] = []
  for (const [index, segment] of segments.entries()) {
    const part = decodePart(parts[index] ?? '')
    const values = part === null ? null : valuesIn(segment, part)
    if (values === null) return null
    params.push(...values)
  }
  return Object.fromEntries(params)
}

/** What stands between the pieces, each as short as it can be; nothing may be empty. */
function valuesIn({ pieces, names }: Segment, part: string): readonly [string, string][] | null {
  const [start = '', ...others] = pieces
  if (names.length === 0) return part === start ? [] : null
  if (!part.startsWith(start)) return null
  const values: [string, string][] = []
  let at = start.length
  for (const [index, name] of names.entries()) {
    const piece = others[index] ?? ''
    const isLast = index === names.length - 1
    const end = isLast ? part.length - piece.length : part.indexOf(piece, at + 1)
    if (end <= at || !part.startsWith(piece, end)) return null
    values.push([name, part.slice(at, end)])
    at = end + piece.length
  }
  return values
}

function decodePart(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
