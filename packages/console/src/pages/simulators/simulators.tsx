import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import type { ReactNode } from 'react'
import type { SimulatorSummary } from '../../api/contract.ts'
import { simulatorsQuery } from '../../api/queries.ts'
import { Empty, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import row from '../../components/row-card.module.css'
import { count } from '../../words/words.ts'
import styles from '../flows/flows.module.css'

export function SimulatorsPage(): ReactNode {
  const { data, error, refetch } = useQuery({ ...simulatorsQuery, refetchInterval: 5_000 })
  return (
    <Page
      title="Simulators"
      lead="Stand-ins for the real systems, on this machine. What happens here costs nothing and reaches nobody: make events happen, and make things go wrong."
    >
      {error !== null && data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton />}
      {data?.length === 0 && (
        <Empty icon={FlaskConical} title="No simulator is running.">
          <p>This app talks to the real systems, or lists no simulators. A developer adds them in defineApp.</p>
        </Empty>
      )}
      <ul className={row.rows}>
        {data?.map((simulator) => (
          <li key={simulator.connector}>
            <SimulatorCard simulator={simulator} />
          </li>
        ))}
      </ul>
    </Page>
  )
}

function SimulatorCard({ simulator }: { readonly simulator: SimulatorSummary }): ReactNode {
  const { connector, baseUrl, events, undelivered, fault } = simulator
  return (
    <article className={`${row.card} ${styles.flow}`}>
      <div>
        <h2>
          <Link to="/simulators/$connector" params={{ connector }} data-item="">
            <bdi>{connector}</bdi>
          </Link>
          {fault && <span className={styles.paused}>A fault is set</span>}
        </h2>
        <p className={row.text}>
          at <code>{baseUrl}</code>
        </p>
      </div>
      <p className={row.text}>
        {events.length === 0
          ? 'sends no events'
          : `can send ${count(events.length, 'kind of event', 'kinds of events')}`}
        {undelivered > 0 && ` · ${undelivered} on the way`}
      </p>
    </article>
  )
}
