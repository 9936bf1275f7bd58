import { useQuery } from '@tanstack/react-query'
import { Server } from 'lucide-react'
import type { ReactNode } from 'react'
import { nodesQuery, type Cluster, type ClusterNode } from '../../api/nodes.ts'
import { Facts } from '../../components/facts.tsx'
import { Empty, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import row from '../../components/row-card.module.css'
import status from '../../components/status.module.css'
import { distance, length } from '../../words/time.ts'
import styles from './nodes.module.css'

export function NodesPage(): ReactNode {
  const { data, error, refetch } = useQuery({ ...nodesQuery, refetchInterval: 2_000 })
  return (
    <Page
      title="Nodes"
      lead="Who shares the work: runs are divided into partitions, and each node holds some of them for a time."
    >
      {error !== null && data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton />}
      {data === null && (
        <Empty icon={Server} title="This node is by itself.">
          <p>Everything is in its data folder. Nodes that share a database stand here.</p>
        </Empty>
      )}
      {data !== undefined && data !== null && <Nodes cluster={data} />}
    </Page>
  )
}

function Nodes({ cluster: { at, nodes, partitions, unheld } }: { readonly cluster: NonNullable<Cluster> }): ReactNode {
  return (
    <>
      {unheld > 0 && (
        <p className={`${status.warned} ${styles.unheld}`}>
          {unheld} of {partitions} partitions are nobody&apos;s at the moment: their runs rest until a node takes them.
        </p>
      )}
      <ul className={row.rows}>
        {nodes.map((node) => (
          <li key={node.id}>
            <NodeCard node={node} now={at} partitions={partitions} />
          </li>
        ))}
      </ul>
    </>
  )
}

interface Shown {
  readonly node: ClusterNode
  /** By the database's clock, as all times of the nodes are. */
  readonly now: number
}

function NodeCard({ node, now, partitions }: Shown & { readonly partitions: number }): ReactNode {
  const { name, version, isThis, joinedAt, seenAt } = node
  const state = stateOf({ node, now })
  return (
    <article className={row.card}>
      <div>
        <h2>
          <bdi>{name}</bdi>
          {isThis && <span className={row.aside}>you are looking through it</span>}
        </h2>
        <p className={row.text}>
          Version {version}, joined {distance(joinedAt, now)}, last seen {distance(seenAt, now)}
        </p>
        <div className={styles.facts}>
          <Facts facts={factsOf(node)} />
        </div>
      </div>
      <div className={row.stand}>
        <p className={row.measured}>
          <meter min={0} max={partitions} value={node.partitions} aria-label={`${name}: partitions held`} />
          {node.partitions} of {partitions} partitions
        </p>
        <p className={state.isWarned ? status.warned : row.text}>{state.text}</p>
      </div>
    </article>
  )
}

function factsOf({ ready, waiting, figures: { latest } }: ClusterNode): readonly (readonly [string, string])[] {
  const { batches, writes, commitMs } = latest
  return [
    ['Runs', `${counted(ready)} may go on, ${counted(waiting)} wait for a time`],
    [
      'Last half minute',
      batches === 0
        ? 'Nothing written'
        : `${batches === 1 ? '1 batch' : `${batches.toLocaleString('en')} batches`}, ${(writes / batches).toFixed(1)} writes each, ${length(commitMs / batches)} to commit`,
    ],
  ]
}

/** The server counts no further. */
const mostCounted = 10_000

function counted(runs: number): string {
  return `${runs.toLocaleString('en')}${runs >= mostCounted ? ' or more' : ''}`
}

function stateOf({ node: { heldUntil, isLeaving }, now }: Shown): {
  readonly isWarned: boolean
  readonly text: string
} {
  if (heldUntil <= now) return { isWarned: true, text: 'Silent: its work is being taken over' }
  if (isLeaving) return { isWarned: true, text: 'Leaves: its work goes to the others' }
  return { isWarned: false, text: `Holds them for ${length(heldUntil - now)} more, unless it renews` }
}
