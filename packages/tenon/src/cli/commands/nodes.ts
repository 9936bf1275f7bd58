import type { ClusterNode, ClusterView } from '../../journal/cluster.ts'
import { connectToServer } from '../../server/management-client.ts'
import type { CommandDefinition } from '../command.ts'
import { table } from '../table.ts'
import type { Colours } from '../terminal.ts'
import { count, length } from '../words.ts'

export const command: CommandDefinition = {
  summary: 'Show the nodes that share the database: what each holds, and how it is.',
  examples: [
    ['tenon nodes', 'as the node that works on .tenon sees them'],
    ['tenon nodes --json', 'for a program'],
  ],
  async run(input) {
    const { terminal } = input
    const answer = await connectToServer(input).get('/nodes')
    if (input.json) return terminal.out(JSON.stringify(answer))
    const cluster = answer['cluster'] as ClusterView | null
    if (cluster === null)
      return terminal.out('One node by itself: everything is in its data folder, and it holds all runs.')
    const { colours } = terminal
    const titles = [
      'node',
      'version',
      'state',
      'joined',
      'seen',
      'partitions',
      'ready',
      'waiting',
      'batches',
      'writes each',
      'commit',
    ]
    table(
      titles,
      cluster.nodes.map((node) => rowOf(node, cluster.at, colours)),
      terminal,
    )
    const { nodes, partitions, unheld } = cluster
    const rest = unheld === 0 ? '' : colours.yellow(`; ${count(unheld, 'is', 'are')} nobody's at the moment`)
    terminal.out(colours.dim(`${count(nodes.length, 'node')}, ${count(partitions, 'partition')}`) + rest)
  },
}

function rowOf(node: ClusterNode, now: number, colours: Colours): readonly string[] {
  const { batches, writes, commitMs } = node.figures.latest
  return [
    `${node.name}${node.isThis ? colours.dim(' (asked)') : ''}`,
    node.version,
    stateOf(node, now, colours),
    `${length(now - node.joinedAt)} ago`,
    `${length(now - node.seenAt)} ago`,
    String(node.partitions),
    String(node.ready),
    String(node.waiting),
    String(batches),
    batches === 0 ? '' : (writes / batches).toFixed(1),
    batches === 0 ? '' : length(commitMs / batches),
  ]
}

function stateOf({ isLeaving, heldUntil }: ClusterNode, now: number, colours: Colours): string {
  if (heldUntil <= now) return colours.red('silent')
  return isLeaving ? colours.yellow('leaving') : colours.green(`holds ${length(heldUntil - now)} more`)
}
