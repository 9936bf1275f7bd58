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
    ranksep: across ? 56 : 48,
    marginx: 12,
    marginy: 12,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  graph.setNode(startId, { ...pointPx })
  for (const { step } of nodes) graph.setNode(step, { ...nodePx })
  const known = new Set(nodes.map(({ step }) => step))
  const drawn = edges.filter(({ from, to }) => (from === null || known.has(from)) && (to === null || known.has(to)))
  // Of a flow that nobody has seen end yet there is no end to draw.
  if (drawn.some(({ to }) => to === null)) graph.setNode(endId, { ...pointPx })
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
      const ends = [from ?? startId, to ?? endId] as const
      const { points } = graph.edge(...ends) as { points: Point[] }
      const [first, last] = ends.map((id) => graph.node(id) as Point & { width: number; height: number })
      const out =
        first === undefined
          ? []
          : [across ? { x: first.x + first.width / 2, y: first.y } : { x: first.x, y: first.y + first.height / 2 }]
      const into =
        last === undefined
          ? []
          : [across ? { x: last.x - last.width / 2, y: last.y } : { x: last.x, y: last.y - last.height / 2 }]
      const bends = [...out, ...points.slice(1, -1), ...into]
      const middle = bends[Math.floor(bends.length / 2)] ?? { x: 0, y: 0 }
      return { id: ends.join('>'), seen, path: curve(bends, across), x: middle.x, y: middle.y }
    }),
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

/** From point to point, leaving and arriving along the direction of the picture. */
function curve(points: readonly Point[], across: boolean): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  // The one bend between neighbours says nothing that the curve does not say better.
  const way = rest.length === 2 ? rest.slice(1) : rest
  let from = first
  const parts = [`M${from.x},${from.y}`]
  for (const to of way) {
    const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2]
    parts.push(across ? `C${x},${from.y} ${x},${to.y} ${to.x},${to.y}` : `C${from.x},${y} ${to.x},${y} ${to.x},${to.y}`)
    from = to
  }
  return parts.join(' ')
}
