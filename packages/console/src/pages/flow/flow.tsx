import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Pause, Play, SearchX } from 'lucide-react'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { isMissing } from '../../api/client.ts'
import type { FlowDetail } from '../../api/contract.ts'
import { useLive } from '../../api/live.ts'
import { flowQuery } from '../../api/queries.ts'
import { useThrottle } from '../../api/throttle.ts'
import { Button } from '../../components/button.tsx'
import { Facts } from '../../components/facts.tsx'
import { Empty, Notice, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Card, Page } from '../../components/page.tsx'
import { RunsTable } from '../../components/runs-table.tsx'
import { At } from '../../components/time.tsx'
import { count, listWords, triggerWords } from '../../words/words.ts'
import styles from './flow.module.css'
import { PauseDialog } from './pause-dialog.tsx'
import { StartDialog } from './start-dialog.tsx'

const route = getRouteApi('/flows/$flow')
const back = { to: '/flows', text: 'Flows' } as const

/** Brings a layout engine along that no other room needs. */
const Picture = lazy(async () => ({ default: (await import('./picture.tsx')).Picture }))

export function FlowRoom(): ReactNode {
  const { flow } = route.useParams()
  const queries = useQueryClient()
  // A run that waits in a paused flow makes no news.
  const { data, error, refetch } = useQuery({
    ...flowQuery(flow),
    refetchInterval: ({ state }) => (state.data?.paused === true ? 2_000 : 10_000),
  })
  const throttle = useThrottle(2_000)
  const refresh = (): void => throttle(() => void queries.invalidateQueries({ queryKey: ['flow', flow] }))
  useLive({ flow }, { onHappening: ({ name }) => name.startsWith('run.') && refresh(), onGap: refresh })
  if (data !== undefined) return <FlowPage flow={data} />
  if (isMissing(error))
    return (
      <Page title="There is no such flow" back={back}>
        <Empty icon={SearchX} title="The app has no flow of this name.">
          <p>It may have been renamed or taken out. Its old runs are still among the runs.</p>
          <Link to="/runs" search={{ flow }}>
            Runs of <bdi>{flow}</bdi>
          </Link>
        </Empty>
      </Page>
    )
  return (
    <Page title={flow} back={back}>
      {error === null ? <Skeleton lines={8} /> : <ProblemNotice error={error} onRetry={() => void refetch()} />}
    </Page>
  )
}

function FlowPage({ flow }: { readonly flow: FlowDetail }): ReactNode {
  const heading = (
    <span className={styles.title}>
      <bdi>{flow.name}</bdi>
      {flow.paused && <span className={styles.paused}>Paused</span>}
    </span>
  )
  const starts = triggerWords(flow.trigger)
  const lead = flow.description === null ? starts : `${flow.description} ${starts}`
  return (
    <Page title={flow.name} heading={heading} lead={lead} back={back} actions={<FlowActions flow={flow} />}>
      {flow.paused && (
        <Notice tone="parked" title="This flow is paused">
          <p>
            Events are still accepted and kept; their runs wait until you press Resume.{' '}
            {count(flow.counts.ready, 'run')} {flow.counts.ready === 1 ? 'waits' : 'wait'} now.
          </p>
        </Notice>
      )}
      <Card title="The way it goes" lead={pictureLead(flow)} flush>
        <Suspense
          fallback={
            <div style={{ padding: '0 1.5rem' }}>
              <Skeleton />
            </div>
          }
        >
          <Picture picture={flow.picture} />
        </Suspense>
      </Card>
      <div className={styles.columns}>
        <Recent flow={flow} />
        <About flow={flow} />
      </div>
    </Page>
  )
}

function pictureLead({ picture }: FlowDetail): string {
  if (picture.runs === 0) return 'Once it has run, you see here which way its runs take.'
  const runs = picture.runs === 1 ? 'its latest run' : `its latest ${picture.runs} runs`
  return `Drawn from ${runs}. A number on a line: so many went that way. A time: half of them took no longer.`
}

function FlowActions({ flow }: { readonly flow: FlowDetail }): ReactNode {
  const [open, setOpen] = useState<'pause' | 'start' | null>(null)
  const close = (): void => setOpen(null)
  return (
    <>
      <Button look="primary" onClick={() => setOpen('start')}>
        <Play aria-hidden="true" />
        Start by hand
      </Button>
      <Button onClick={() => setOpen('pause')}>
        {flow.paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
        {flow.paused ? 'Resume' : 'Pause'}
      </Button>
      {open === 'pause' && <PauseDialog flow={flow} onClose={close} />}
      {open === 'start' && <StartDialog flow={flow} onClose={close} />}
    </>
  )
}

function Recent({ flow }: { readonly flow: FlowDetail }): ReactNode {
  return (
    <Card
      title="Latest runs"
      aside={
        <Link to="/runs" search={{ flow: flow.name }}>
          All its runs
        </Link>
      }
      flush={flow.recent.length > 0}
    >
      {flow.recent.length > 0 ? (
        <RunsTable runs={flow.recent.slice(0, 8)} label="Latest runs" isNarrow />
      ) : (
        <p>It has not run yet.</p>
      )}
    </Card>
  )
}

function About({ flow }: { readonly flow: FlowDetail }): ReactNode {
  const { trigger, uses, waits, versions } = flow
  return (
    <Card title="Details">
      <Facts
        facts={[
          ['Next time', typeof trigger.nextAt === 'number' ? <At key="next" at={trigger.nextAt} /> : null],
          [
            'Calls',
            uses.length === 0
              ? 'no other system'
              : listWords(
                  uses.map(({ alias, connector }) => (alias === connector ? alias : `${alias} (${connector})`)),
                  12,
                ),
          ],
          [
            'Waits for',
            waits.length === 0
              ? null
              : listWords(
                  waits.map(({ name, source }) => `${name} (${source})`),
                  12,
                ),
          ],
          ['Order', flow.keyed ? 'runs with one key go one after the other' : null],
          ['At once', flow.concurrency === null ? null : `at most ${flow.concurrency}`],
          ['Versions', versions.length < 2 ? null : listWords(versions.map(String))],
        ]}
      />
    </Card>
  )
}
