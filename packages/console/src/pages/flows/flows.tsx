import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Workflow } from 'lucide-react'
import type { ReactNode } from 'react'
import { runStatuses, type FlowSummary } from '../../api/contract.ts'
import { useLive } from '../../api/live.ts'
import { flowsQuery } from '../../api/queries.ts'
import { useThrottle } from '../../api/throttle.ts'
import { Empty, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { StateMark } from '../../components/status.tsx'
import row from '../../components/row-card.module.css'
import { triggerWords } from '../../words/words.ts'
import styles from './flows.module.css'

export function FlowsPage(): ReactNode {
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery({ ...flowsQuery, refetchInterval: 10_000 })
  const throttle = useThrottle(2_000)
  const refresh = (): void => throttle(() => void queries.invalidateQueries({ queryKey: ['flows'] }))
  useLive({}, { onHappening: ({ name }) => name.startsWith('run.') && refresh(), onGap: refresh })
  return (
    <Page
      title="Flows"
      lead="What this app does by itself: each flow says when it begins and which systems it may call."
    >
      {error !== null && data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton />}
      {data?.length === 0 && (
        <Empty icon={Workflow} title="This app has no flow yet.">
          <p>A developer adds one with defineFlow and lists it in defineApp.</p>
        </Empty>
      )}
      <ul className={row.rows}>
        {data?.map((flow) => (
          <li key={flow.name}>
            <FlowCard flow={flow} />
          </li>
        ))}
      </ul>
    </Page>
  )
}

function FlowCard({ flow }: { readonly flow: FlowSummary }): ReactNode {
  return (
    <article className={`${row.card} ${styles.flow}`}>
      <div>
        <h2>
          <Link to="/flows/$flow" params={{ flow: flow.name }} data-item="">
            <bdi>{flow.name}</bdi>
          </Link>
          {flow.paused && <span className={styles.paused}>Paused</span>}
        </h2>
        <p className={row.text}>
          {flow.description !== null && `${flow.description} `}
          {triggerWords(flow.trigger)}
        </p>
        {flow.uses.length > 0 && (
          <ul className={row.chips} aria-label="Systems that it uses">
            {flow.uses.map(({ alias, connector }) => (
              <li key={alias} className={row.chip} title={`${alias} is the connector ${connector}`}>
                {alias}
              </li>
            ))}
          </ul>
        )}
      </div>
      <FlowCounts flow={flow} />
    </article>
  )
}

function FlowCounts({ flow: { counts } }: { readonly flow: FlowSummary }): ReactNode {
  const seen = runStatuses.filter((status) => counts[status] > 0)
  if (seen.length === 0) return <p className={row.text}>No run yet</p>
  return (
    <ul className={styles.counts} aria-label="Runs">
      {seen.map((status) => (
        <li key={status}>
          <StateMark state={status} />
          {counts[status].toLocaleString('en')}
        </li>
      ))}
    </ul>
  )
}
