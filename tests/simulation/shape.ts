import type { Random } from '../chaos/random.ts'

/** The body of a generated flow. Every leaf has a label of its own. */
export type Node = Branching | Leaf

type Branching =
  | { readonly kind: 'sequence' | 'all' | 'race' | 'allSettled' | 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'try' | 'either'; readonly parts: readonly [Node, Node] }
  | { readonly kind: 'detached'; readonly part: Leaf }

export type Leaf = { readonly label: string; readonly isNamed: boolean } & (
  | { readonly kind: 'call'; readonly operation: Operation; readonly undo: boolean; readonly retry: Retry | null }
  | { readonly kind: 'run'; readonly undo: boolean; readonly isRepeatable: boolean; readonly retry: Retry | null }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'event'; readonly shipment: string; readonly timeoutMs: number }
  | { readonly kind: 'signal'; readonly timeoutMs: number }
  | { readonly kind: 'child'; readonly child: number; readonly isAwaited: boolean }
  | { readonly kind: 'facts' }
  | { readonly kind: 'throw' }
)

export type Operation = 'read' | 'put' | 'book' | 'tell'

export interface Retry {
  readonly attempts: number
  readonly base: '1s' | '20s'
  readonly cap: '1m'
}

export const shipments = ['s1', 's2', 's3'] as const

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Makes the body of a flow; flows with a higher number may be its children. */
export function makeShape(random: Random, flow: number, flows: number): Node {
  let labels = 0
  const waits = [100, 2 * second, 10 * minute, 5 * hour, 30 * hour]

  function leaf(): Leaf {
    const label = `f${flow}.${(labels += 1)}`
    const isNamed = random.chance(0.3)
    const kind = random.next()
    if (kind < 0.46) {
      const operation = random.pick(['read', 'put', 'put', 'book', 'tell'] as const)
      return {
        label,
        isNamed,
        kind: 'call',
        operation,
        undo: operation !== 'read' && random.chance(0.4),
        retry: retry(),
      }
    }
    if (kind < 0.6) {
      return {
        label,
        isNamed,
        kind: 'run',
        undo: random.chance(0.3),
        isRepeatable: random.chance(0.85),
        retry: retry(),
      }
    }
    if (kind < 0.7) return { label, isNamed, kind: 'sleep', ms: random.pick(waits) }
    if (kind < 0.78) {
      return { label, isNamed, kind: 'event', shipment: random.pick(shipments), timeoutMs: random.pick(waits) }
    }
    if (kind < 0.86) return { label, isNamed, kind: 'signal', timeoutMs: random.pick(waits) }
    if (kind < 0.92 && flow + 1 < flows) {
      return {
        label,
        isNamed,
        kind: 'child',
        child: random.between(flow + 1, flows - 1),
        isAwaited: random.chance(0.7),
      }
    }
    if (kind < 0.97) return { label, isNamed, kind: 'facts' }
    return { label, isNamed, kind: 'throw' }
  }

  function retry(): Retry | null {
    if (random.chance(0.6)) return null
    return { attempts: random.between(1, 4), base: random.pick(['1s', '20s'] as const), cap: '1m' }
  }

  function node(depth: number): Node {
    const kind = random.next()
    if (depth === 0 || kind < 0.35) return leaf()
    const parts = Array.from({ length: random.between(2, 3) }, () => node(depth - 1))
    if (kind < 0.55) return { kind: 'sequence', parts }
    if (kind < 0.9) return { kind: random.pick(['all', 'all', 'race', 'allSettled', 'any'] as const), parts }
    if (kind < 0.94) return { kind: 'try', parts: [node(depth - 1), node(depth - 1)] }
    if (kind < 0.98) return { kind: 'either', parts: [node(depth - 1), node(depth - 1)] }
    return { kind: 'detached', part: leaf() }
  }

  return { kind: 'sequence', parts: Array.from({ length: random.between(1, 4) }, () => node(2)) }
}
