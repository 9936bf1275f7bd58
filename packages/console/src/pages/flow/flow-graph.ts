import { graphlib, layout } from '@dagrejs/dagre'
import type { FlowPicture } from '../../api/contract.ts'

export interface PlacedNode {
  /** Name of the step; `start` and `end` have names of their own. */
  readonly id: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PlacedEdge {
  readonly id: string
  readonly seen: number
  readonly path: string
  /** Where its number stands. */
  readonly x: number
  readonly y: number
}

export interface PlacedPicture {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

/** No step has these names: they hold a space at their beginning. */
export const startId = ' start'
export const endId = ' end'

const nodePx = { width: 190, height: 62 }
const pointPx = { width: 76, height: 32 }

/** Where everything stands; `across` from left to right, else from top to bottom. */
export function place({ nodes, edges }: FlowPicture, across: boolean): PlacedPicture {
  const graph = new graphlib.Graph()
  graph.setGraph({
    rankdir: across ? 'LR' : 'TB',
    nodesep: across ? 18 : 26,
    ranksep: across ? 44 : 34,
    marginx: 12,
    marginy: 12,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  graph.setNode(startId, { ...pointPx })
  graph.setNode(endId, { ...pointPx })
  for (const { step } of nodes) graph.setNode(step, { ...nodePx })
  const known = new Set(nodes.map(({ step }) => step))
  const drawn = edges.filter(({ from, to }) => (from === null || known.has(from)) && (to === null || known.has(to)))
  for (const { from, to } of drawn) graph.setEdge(from ?? startId, to ?? endId)
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return {
    width,
    height,
    nodes: graph.nodes().map((id) => {
      const { x, y, width, height } = graph.node(id) as { x: number; y: number; width: number; height: number }
      return { id, x: x - width / 2, y: y - height / 2, width, height }
    }),
    edges: drawn.map(({ from, to, seen }) => {
      const { points } = graph.edge(from ?? startId, to ?? endId) as { points: { x: number; y: number }[] }
      const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 }
      return { id: `${from ?? startId}>${to ?? endId}`, seen, path: smooth(points), x: middle.x, y: middle.y }
    }),
  }
}

/** A curve through the bends: quadratic from middle to middle. */
function smooth(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const parts = [`M${first.x},${first.y}`]
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1]
    parts.push(
      next === undefined
        ? `L${point.x},${point.y}`
        : `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`,
    )
  }
  return parts.join(' ')
}
