import type { ClusterNode, ClusterView, CommitFigures, Standing } from '../cluster.ts'

/** The nodes of several journals: a process is one node in each of them, and is known by its name. Its id is that of the first. */
export function joinedView(views: readonly ClusterView[]): ClusterView {
  const nodes = new Map<string, ClusterNode>()
  for (const node of views.flatMap((view) => view.nodes)) {
    const known = nodes.get(node.name)
    nodes.set(node.name, known === undefined ? node : joinedNode(known, node))
  }
  return {
    at: Math.max(...views.map(({ at }) => at)),
    partitions: sum(views, 'partitions'),
    unheld: sum(views, 'unheld'),
    nodes: [...nodes.values()],
  }
}

/** It stands as it does where it stands worst. */
function joinedNode(one: ClusterNode, other: ClusterNode): ClusterNode {
  const both = [one, other]
  const figures = both.map((node) => node.figures)
  return {
    ...one,
    isThis: one.isThis || other.isThis,
    joinedAt: Math.max(one.joinedAt, other.joinedAt),
    seenAt: Math.min(one.seenAt, other.seenAt),
    heldUntil: Math.min(one.heldUntil, other.heldUntil),
    isLeaving: one.isLeaving || other.isLeaving,
    partitions: sum(both, 'partitions'),
    ready: sum(both, 'ready'),
    waiting: sum(both, 'waiting'),
    figures: { ...joinedFigures(figures), latest: joinedFigures(figures.map(({ latest }) => latest)) },
  }
}

function joinedFigures(all: readonly CommitFigures[]): CommitFigures {
  return { batches: sum(all, 'batches'), writes: sum(all, 'writes'), commitMs: sum(all, 'commitMs') }
}

export function joinedStanding(all: readonly Standing[]): Standing {
  return {
    nodes: Math.max(...all.map(({ nodes }) => nodes)),
    partitions: sum(all, 'partitions'),
    leaseAgeMs: Math.max(...all.map(({ leaseAgeMs }) => leaseAgeMs)),
    takenOver: sum(all, 'takenOver'),
    fenced: sum(all, 'fenced'),
  }
}

function sum<Name extends string>(all: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return all.reduce((total, one) => total + one[name], 0)
}
