import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import type { RunStatus, Status, Webhook } from '../../api/contract.ts'
import { useLive } from '../../api/live.ts'
import { runsQuery, statusQuery } from '../../api/queries.ts'
import { useThrottle } from '../../api/throttle.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { Facts } from '../../components/facts.tsx'
import { Notice, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Card, Page } from '../../components/page.tsx'
import { RunsTable } from '../../components/runs-table.tsx'
import { StateMark, toneClass } from '../../components/status.tsx'
import { Ago, At } from '../../components/time.tsx'
import { statusMeanings, statusWords } from '../../words/words.ts'
import styles from './home.module.css'

const tiles: readonly RunStatus[] = ['parked', 'failed', 'ready', 'waiting', 'queued', 'completed']

/** How things stand, and what needs somebody. */
export function HomePage(): ReactNode {
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery(statusQuery)
  const throttle = useThrottle(2_000)
  const refresh = (): void =>
    throttle(() => {
      void queries.invalidateQueries({ queryKey: ['status'] })
      void queries.invalidateQueries({ queryKey: ['runs'] })
    })
  useLive({}, { onHappening: ({ name }) => name.startsWith('run.') && refresh(), onGap: refresh })
  return (
    <Page title="Home" lead={data === undefined ? 'How things stand.' : `How things stand in ${data.app.name}.`}>
      {error !== null && data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton lines={5} />}
      {data !== undefined && <Overview status={data} />}
    </Page>
  )
}

function Overview({ status }: { readonly status: Status }): ReactNode {
  return (
    <>
      {status.state === 'draining' && (
        <Notice tone="parked" title="Tenon is being stopped">
          <p>
            It takes nothing new, and lets what is in flight come to its end. Everything else goes on when it starts
            again.
          </p>
        </Notice>
      )}
      <div className={styles.tiles}>
        {tiles.map((name) => (
          <Tile key={name} status={name} number={status.counts[name]} />
        ))}
      </div>
      <Attention />
      <Latest />
      <div className={styles.columns}>
        <System status={status} />
        {status.webhooks.length > 0 && <Webhooks webhooks={status.webhooks} />}
      </div>
    </>
  )
}

function Tile({ status, number }: { readonly status: RunStatus; readonly number: number }): ReactNode {
  return (
    <Link
      to="/runs"
      search={{ status }}
      className={`${styles.tile} ${toneClass(status)}`}
      data-calm={number === 0 ? '' : undefined}
    >
      <span className={styles.tileName}>
        <StateMark state={status} />
        <span aria-hidden="true">{statusWords[status]}</span>
      </span>
      <b>{number.toLocaleString('en')}</b>
      <small>{statusMeanings[status]}</small>
    </Link>
  )
}

const needing = { status: 'parked,failed' }

function Attention(): ReactNode {
  const { data } = useInfiniteQuery(runsQuery(needing))
  const runs = data?.pages[0]?.runs.slice(0, 5)
  return (
    <Card
      title="What needs somebody"
      aside={
        runs !== undefined &&
        runs.length > 0 && (
          <Link to="/runs" search={needing}>
            All of them
          </Link>
        )
      }
      flush
    >
      {runs === undefined ? null : runs.length > 0 ? (
        <RunsTable runs={runs} label="Runs that need somebody" />
      ) : (
        <p className={styles.calm}>
          <CircleCheck aria-hidden="true" />
          Nothing. No run has failed, and none waits for a decision.
        </p>
      )}
    </Card>
  )
}

function Latest(): ReactNode {
  const { data } = useInfiniteQuery(runsQuery({}))
  const runs = data?.pages[0]?.runs.slice(0, 5) ?? []
  return (
    <Card title="Latest runs" aside={<Link to="/runs">All runs</Link>} flush>
      {runs.length > 0 ? (
        <RunsTable runs={runs} label="Latest runs" />
      ) : (
        <p className={styles.calm}>
          Nothing has run yet. <Link to="/simulators">Send an event from a simulator</Link> to see the first.
        </p>
      )}
    </Card>
  )
}

function System({ status }: { readonly status: Status }): ReactNode {
  const { activity, version, startedAt } = status
  return (
    <Card title="This Tenon">
      <Facts
        facts={[
          ['State', status.state === 'ready' ? 'Working' : status.state === 'starting' ? 'Starting' : 'Being stopped'],
          [
            'In memory',
            `${activity.inProgress.toLocaleString('en')} at work, ${activity.readied.toLocaleString('en')} about to begin`,
          ],
          ['Wakes next', activity.nextWakeAt === null ? null : <At key="wake" at={activity.nextWakeAt} />],
          ['Running since', <Ago key="since" at={startedAt} />],
          ['Version', version],
        ]}
      />
    </Card>
  )
}

function Webhooks({ webhooks }: { readonly webhooks: readonly Webhook[] }): ReactNode {
  return (
    <Card
      title="Where events arrive"
      lead="Addresses that other systems send to. What is not signed as agreed is refused."
    >
      <ul className={styles.hooks}>
        {webhooks.map(({ path, connector, verification }) => (
          <li key={path}>
            <span>
              <code>{path}</code>
              <br />
              <small>
                {connector} · {verification}
              </small>
            </span>
            <CopyButton text={() => location.origin + path} what="the address" />
          </li>
        ))}
      </ul>
    </Card>
  )
}
