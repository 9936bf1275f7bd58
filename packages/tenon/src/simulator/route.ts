import type { Connector } from '../definition/connector.ts'
import type { OperationOptions } from '../definition/operation.ts'

export interface Route {
  readonly operation: string
  readonly options: OperationOptions
  readonly segments: readonly string[]
}

export interface RouteMatch {
  /** Operations of that method and path: one path may serve several, told apart by their inputs. */
  readonly routes: readonly Route[]
  readonly params: Readonly<Record<string, string>>
  /** True when another method would have met an operation. */
  readonly otherMethod: boolean
}

const isParam = (segment: string): boolean => segment.startsWith('{') && segment.endsWith('}')

/** The operations of a connector, fixed paths before those with parameters. */
export function routesOf(connector: Connector): readonly Route[] {
  const base = segmentsOf(new URL(connector.options.baseUrl).pathname)
  return Object.entries(connector.options.operations)
    .map(([operation, options]) => ({ operation, options, segments: [...base, ...segmentsOf(options.path)] }))
    .toSorted((left, right) => left.segments.filter(isParam).length - right.segments.filter(isParam).length)
}

export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch {
  const segments = segmentsOf(path)
  let params: Record<string, string> = {}
  const found: Route[] = []
  let otherMethod = false
  for (const route of routes) {
    const here = match(route.segments, segments)
    if (here === null) continue
    if (route.options.method !== method) otherMethod = true
    else if (found.length === 0 || found[0]?.options.path === route.options.path) {
      found.push(route)
      params = here
    }
  }
  return { routes: found, params, otherMethod }
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params: [string, string][] = []
  for (const [index, expected] of pattern.entries()) {
    const segment = decodeSegment(segments[index] ?? '')
    if (segment === null) return null
    if (isParam(expected)) params.push([expected.slice(1, -1), segment])
    else if (expected !== segment) return null
  }
  return Object.fromEntries(params)
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}
