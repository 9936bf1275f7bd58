import type { FlowEdge, FlowNode, FlowPicture } from './flow-view.ts'
import type { StepView } from './view.ts'

/** What one run did. */
export interface Story {
  readonly isEnded: boolean
  readonly steps: readonly StepView[]
}

/** Steps that a loop numbers beyond this are one node. */
const mostNumbers = 3

/** Puts together what several runs of a flow did: its steps, and in which order they follow each other. */
export function drawPicture(stories: readonly Story[], aliases: ReadonlySet<string>): FlowPicture {
  const nameOf = namesOf(stories)
  const nodes = new Map<string, Draft>()
  const runs = stories.map(({ steps, isEnded }) => ({ isEnded, stretches: merged(steps, nameOf) }))
  for (const { stretches } of runs) for (const stretch of stretches) note(nodes, stretch, aliases)
  return {
    runs: stories.length,
    nodes: [...nodes.values()].map(({ took, ...node }) => ({ ...node, p50Ms: median(took) })),
    edges: edgesOf(runs, [...nodes.keys()]),
  }
}

type Draft = { -readonly [Key in keyof Omit<FlowNode, 'p50Ms'>]: FlowNode[Key] } & { readonly took: number[] }

/** A step, or several of a loop taken for one. */
interface Stretch {
  readonly name: string
  readonly kind: StepView['kind']
  readonly isUndo: boolean
  readonly from: number
  readonly until: number
  readonly hasFailed: boolean
  readonly tookMs: number | null
}

const numbered = /^(.*)#(\d+)$/

function namesOf(stories: readonly Story[]): (step: string) => string {
  const most = new Map<string, number>()
  for (const { steps } of stories)
    for (const { name } of steps) {
      const [, base = name, number = '1'] = numbered.exec(name) ?? []
      most.set(base, Math.max(most.get(base) ?? 0, Number(number)))
    }
  return (name) => {
    const base = numbered.exec(name)?.[1]
    return base !== undefined && (most.get(base) ?? 0) > mostNumbers ? base : name
  }
}

function merged(steps: readonly StepView[], nameOf: (step: string) => string): Stretch[] {
  const stretches = new Map<string, Stretch>()
  for (const { name, kind, isUndo, state, startedAt, endedAt } of steps) {
    const known = nameOf(name)
    const earlier = stretches.get(known)
    const until = endedAt ?? Number.POSITIVE_INFINITY
    stretches.set(known, {
      name: known,
      kind,
      isUndo,
      from: Math.min(startedAt, earlier?.from ?? startedAt),
      until: Math.max(until, earlier?.until ?? until),
      hasFailed: state === 'failed' || state === 'unknown' || earlier?.hasFailed === true,
      tookMs: endedAt === null ? (earlier?.tookMs ?? null) : endedAt - startedAt,
    })
  }
  return [...stretches.values()]
}

function note(nodes: Map<string, Draft>, step: Stretch, aliases: ReadonlySet<string>): void {
  const { name, kind, isUndo } = step
  let draft = nodes.get(name)
  if (draft === undefined)
    nodes.set(name, (draft = { step: name, kind, isUndo, seen: 0, failed: 0, ...callOf(step, aliases), took: [] }))
  draft.seen += 1
  if (step.hasFailed) draft.failed += 1
  if (step.tookMs !== null) draft.took.push(step.tookMs)
}

/** A call under its derived name says what it calls. */
function callOf(
  { name, kind }: Stretch,
  aliases: ReadonlySet<string>,
): { alias: string | null; operation: string | null } {
  const own = name.slice(name.lastIndexOf('/') + 1)
  const [, alias = '', operation = ''] = /^([^.#]+)\.([^.#]+)(?:#\d+)?$/.exec(own) ?? []
  return kind === 'call' && aliases.has(alias) ? { alias, operation } : { alias: null, operation: null }
}

function median(values: readonly number[]): number | null {
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)] ?? null
}

/**
 * Whether one step was over before a later one of the list began. A step that leaves the process begins only once what it was asked after is durable,
 * which takes time: of two within one millisecond, the first having taken none, neither waited for the other.
 */
function isBefore(first: Stretch, second: Stretch): boolean {
  if (first.until !== second.from) return first.until < second.from
  const leaves = second.kind === 'call' || second.kind === 'run' || second.kind === 'child'
  return first.from < first.until || !leaves
}

interface Run {
  readonly isEnded: boolean
  readonly stretches: readonly Stretch[]
}

/** Runs that had the same steps, by the number of each, have the same edges. */
interface Shape {
  readonly isEnded: boolean
  readonly steps: readonly number[]
  seen: number
}

function edgesOf(runs: readonly Run[], names: readonly string[]): FlowEdge[] {
  const numbers = new Map(names.map((name, number) => [name, number]))
  const against = new Uint8Array(names.length ** 2)
  const shapes = new Map<string, Shape>()
  for (const { isEnded, stretches } of runs) {
    const steps = stretches.map(({ name }) => numbers.get(name) as number)
    const key = `${isEnded} ${steps.toSorted((left, right) => left - right).join(' ')}`
    const shape = shapes.get(key) ?? { isEnded, steps, seen: 0 }
    shape.seen += 1
    shapes.set(key, shape)
    stretches.forEach((first, at) => {
      const row = (steps[at] as number) * names.length
      stretches.forEach((second, other) => {
        if (other <= at || !isBefore(first, second)) against[row + (steps[other] as number)] = 1
      })
    })
  }
  const isAhead = (first: number, second: number): boolean => against[first * names.length + second] === 0
  const edges = new Map<string, { from: string | null; to: string | null; seen: number }>()
  for (const shape of shapes.values())
    for (const [from, to] of edgesOfShape(shape, isAhead)) {
      const edge = edges.get(`${from} ${to}`) ?? { from: names[from] ?? null, to: names[to] ?? null, seen: 0 }
      edge.seen += shape.seen
      edges.set(`${from} ${to}`, edge)
    }
  return [...edges.values()]
}

/** Neither a step before the first, nor one after the last. */
const none = -1

/** From each step to those that follow it with nothing in between. What came first in some runs only is not how the flow goes. */
function edgesOfShape(
  { steps, isEnded }: Shape,
  isAhead: (first: number, second: number) => boolean,
): (readonly [number, number])[] {
  const edges: (readonly [number, number])[] = []
  const hasNext = new Set<number>()
  for (const step of steps) {
    const earlier = steps.filter((other) => isAhead(other, step))
    const last = earlier.filter((one) => !earlier.some((other) => isAhead(one, other)))
    for (const one of last) hasNext.add(one)
    for (const one of last.length === 0 ? [none] : last) edges.push([one, step])
  }
  if (isEnded) for (const step of steps) if (!hasNext.has(step)) edges.push([step, none])
  return edges
}
