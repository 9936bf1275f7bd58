import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { useCallback, type ReactNode } from 'react'
import { isMissing } from '../../api/client.ts'
import type { RunDetail } from '../../api/contract.ts'
import { useLive } from '../../api/live.ts'
import { flowsQuery, runQuery } from '../../api/queries.ts'
import { useThrottle } from '../../api/throttle.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { useMedia } from '../../components/media.ts'
import { Empty, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Card, Page } from '../../components/page.tsx'
import { StatusBadge, toneClass } from '../../components/status.tsx'
import { At, useNow } from '../../components/time.tsx'
import { length } from '../../words/time.ts'
import { shortId, stepLabel } from '../../words/words.ts'
import { RunActions } from './actions.tsx'
import { Relations } from './relations.tsx'
import styles from './run.module.css'
import { StepContent, StepPanel } from './step-panel.tsx'
import { storyOf } from './story.ts'
import { Waterfall } from './waterfall.tsx'

const route = getRouteApi('/runs/$run')
const back = { to: '/runs', text: 'Runs' } as const

export function RunRoom(): ReactNode {
  const { run } = route.useParams()
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery(runQuery(run))
  const throttle = useThrottle(400)
  const refresh = (): void => throttle(() => void queries.invalidateQueries({ queryKey: ['run', run] }))
  useLive({ run: data?.run ?? run }, { onHappening: refresh, onGap: refresh })
  if (data !== undefined) return <RunPage key={data.run} run={data} />
  if (isMissing(error)) return <NoRun run={run} />
  return (
    <Page title={`Run ${shortId(run)}`} back={back}>
      {error === null ? <Skeleton lines={8} /> : <ProblemNotice error={error} onRetry={() => void refetch()} />}
    </Page>
  )
}

function NoRun({ run }: { readonly run: string }): ReactNode {
  return (
    <Page title="There is no such run" back={back}>
      <Empty icon={SearchX} title="No run has this id.">
        <p>
          <bdi>{run.length > 80 ? `${run.slice(0, 80)} …` : run}</bdi>
        </p>
        <p>Finished runs are forgotten after a while. It may also be a run of another data folder.</p>
      </Empty>
    </Page>
  )
}

function RunPage({ run }: { readonly run: RunDetail }): ReactNode {
  const { step: chosen } = route.useSearch()
  const navigate = route.useNavigate()
  const isWide = useMedia('(width >= 75rem)')
  const choose = useCallback(
    (step: string | undefined) =>
      void navigate({ search: step === undefined ? {} : { step }, replace: true, resetScroll: false }),
    [navigate],
  )
  const close = useCallback(() => choose(undefined), [choose])
  const step = run.steps.find(({ name }) => name === chosen)
  const heading = (
    <span className={styles.title}>
      <bdi>{run.flow}</bdi>
      <StatusBadge status={run.status} large />
    </span>
  )
  return (
    <Page
      title={`${run.flow} ${shortId(run.run)}`}
      heading={heading}
      back={back}
      actions={<RunActions run={run} />}
      lead={<RunId run={run} />}
    >
      <Summary run={run} />
      <div className={styles.columns} data-panel={isWide && step !== undefined ? '' : undefined}>
        <div className={styles.stack}>
          <Card title="What it did, and when" lead="Press a step for what was asked and what came back." flush>
            <Waterfall run={run} chosen={chosen} onChoose={choose} />
          </Card>
          <div className={styles.below}>
            <div className={styles.stack}>
              <Details run={run} />
              {run.status === 'completed' && (
                <Card title="Result">
                  <JsonView value={run.output ?? null} label="result" />
                </Card>
              )}
              <Relations run={run} />
            </div>
            <Given run={run} />
          </div>
        </div>
        {isWide && step !== undefined && <StepPanel run={run} step={step} onClose={close} />}
      </div>
      {!isWide && (
        <Dialog
          open={step !== undefined}
          onClose={close}
          title={step === undefined ? 'Step' : stepLabel(step.name, step.kind).text}
          wide
        >
          {step !== undefined && <StepContent run={run} step={step} />}
        </Dialog>
      )}
    </Page>
  )
}

function RunId({ run }: { readonly run: RunDetail }): ReactNode {
  return (
    <span className={styles.id}>
      Run <code>&nbsp;{run.run}</code>
      <CopyButton text={() => run.run} what="the run's id" />
    </span>
  )
}

function Summary({ run }: { readonly run: RunDetail }): ReactNode {
  const now = useNow(run.endedAt === null ? 1_000 : 60_000)
  const { data: flows } = useQuery(flowsQuery)
  const isPaused = flows?.some(({ name, paused }) => name === run.flow && paused) ?? false
  const { headline, sentences, advice } = storyOf(run, now, isPaused)
  return (
    <section className={`${styles.summary} ${toneClass(run.status)}`} aria-label="What happened">
      <p className={styles.headline}>{headline}</p>
      <div className={styles.sentences}>
        {sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      {advice !== null && (
        <p className={styles.advice}>
          <strong>What to do: </strong>
          {advice}
        </p>
      )}
    </section>
  )
}

function Details({ run }: { readonly run: RunDetail }): ReactNode {
  const event = cameByEvent(run) ? run.event : null
  return (
    <Card title="Details">
      <Facts
        facts={[
          ['Started', <At key="started" at={run.createdAt} />],
          ['Ended', run.endedAt === null ? null : <At key="ended" at={run.endedAt} />],
          ['Took', run.endedAt === null ? null : length(run.endedAt - run.createdAt)],
          ['Goes on', run.wakeAt === null ? null : <At key="wake" at={run.wakeAt} />],
          ['Key', run.key === null ? null : <bdi key="key">{run.key}</bdi>],
          ['Version', run.version === 1 ? null : run.version],
          ['Event', event === null ? null : <bdi key="event">{event.type}</bdi>],
          ['Event id', event === null ? null : <bdi key="id">{event.id}</bdi>],
          ['From', event === null ? null : <bdi key="source">{event.source}</bdi>],
        ]}
      />
    </Card>
  )
}

/** False for runs that a person or another run started. */
const cameByEvent = ({ event }: RunDetail): boolean => event !== null && event.type.includes('/')

/** What the run was started with. */
function Given({ run }: { readonly run: RunDetail }): ReactNode {
  const isEvent = cameByEvent(run)
  return (
    <Card title={isEvent ? 'The event, as it came' : 'Input'}>
      <JsonView value={run.event?.data ?? run.input ?? null} label={isEvent ? 'event' : 'input'} />
    </Card>
  )
}
