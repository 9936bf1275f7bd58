import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import type { AttemptView, ErrorView, Exchange, RunDetail, StepView } from '../../api/contract.ts'
import { exchangesQuery } from '../../api/queries.ts'
import { IconButton } from '../../components/button.tsx'
import { Facts } from '../../components/facts.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { Scroll } from '../../components/scroll.tsx'
import { StateMark } from '../../components/status.tsx'
import { At } from '../../components/time.tsx'
import { length } from '../../words/time.ts'
import { stepKindWords, stepLabel, stepStateWords } from '../../words/words.ts'
import { ExchangeView } from './exchange-view.tsx'
import { decisionWords } from './story.ts'
import styles from './step-panel.module.css'

export interface StepPanelProps {
  readonly run: RunDetail
  readonly step: StepView
  readonly onClose: () => void
}

/** Beside the waterfall where there is room. */
export function StepPanel({ run, step, onClose }: StepPanelProps): ReactNode {
  const { text } = stepLabel(step.name, step.kind)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && document.querySelector('[role="dialog"]') === null) onClose()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [onClose])
  return (
    <aside className={styles.panel} aria-label={`Step: ${text}`}>
      <div className={styles.head}>
        <div>
          <h2>
            <bdi>{text}</bdi>
          </h2>
          <p>
            <code>{step.name}</code>
          </p>
        </div>
        <IconButton small label="Close the step" icon={<X aria-hidden="true" />} onClick={onClose} />
      </div>
      <Scroll className={styles.body} label={`About ${text}`}>
        <StepContent run={run} step={step} />
      </Scroll>
    </aside>
  )
}

/** Everything that is known of one step. */
export function StepContent({ run, step }: Omit<StepPanelProps, 'onClose'>): ReactNode {
  const { system } = stepLabel(step.name, step.kind)
  const took = step.endedAt === null ? null : length(step.endedAt - step.startedAt)
  const decided = step.decision === null ? null : `${decisionWords(step.decision)}, says ${step.decision.by}`
  return (
    <>
      <Facts
        facts={[
          [
            'State',
            <span key="state" style={{ display: 'inline-flex', gap: '0.4rem', alignItems: 'center' }}>
              <StateMark state={step.state} />
              <span aria-hidden="true">{stepStateWords[step.state]}</span>
            </span>,
          ],
          ['What', stepKindWords[step.kind]],
          ['System', system === null ? null : <bdi key="system">{system}</bdi>],
          ['Started', <At key="started" at={step.startedAt} />],
          ['Took', took],
          ['Decided', decided],
        ]}
      />
      {step.error !== null && <ErrorText error={step.error} />}
      {step.postponed !== null && (
        <>
          <p>
            It waits for its turn until <At at={step.postponed.until} />.
          </p>
          <ErrorText error={step.postponed.reason} />
        </>
      )}
      <InputPart run={run} step={step} />
      {step.state === 'completed' && (
        <Part title="Output">
          <JsonView value={step.result ?? null} label="output" />
        </Part>
      )}
      {step.attempts.length > 0 && <Tries run={run} step={step} />}
    </>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <section className={styles.part}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

function InputPart({ run, step }: Omit<StepPanelProps, 'onClose'>): ReactNode {
  if (step.input === undefined || step.input === null) {
    if (run.inputsFit || step.kind !== 'call') return null
    return (
      <Part title="Input">
        <p className={styles.sub}>
          What was asked cannot be shown: the code was changed since and no longer asks for what this run has done, or
          it would end the process again.
        </p>
      </Part>
    )
  }
  return (
    <Part title="Input">
      <JsonView value={step.input} label="input" />
    </Part>
  )
}

function ErrorText({ error }: { readonly error: ErrorView }): ReactNode {
  return (
    <p className={styles.error}>
      <code>{error.code}</code>
      <bdi>{error.message}</bdi>
    </p>
  )
}

function Tries({ run, step }: Omit<StepPanelProps, 'onClose'>): ReactNode {
  const { data } = useQuery(exchangesQuery(run.run))
  const exchanges = (data ?? []).filter((exchange) => exchange.step === step.name)
  const isCall = step.kind === 'call'
  return (
    <Part title={isCall ? 'Request and answer, as sent' : 'Tries'}>
      {isCall && data !== undefined && exchanges.length === 0 && (
        <p className={styles.sub}>
          They are no longer kept. The latest of all runs are, and those of failed tries for as long as their run.
        </p>
      )}
      <ol className={styles.tries}>
        {step.attempts.map((attempt) => (
          <li key={`${attempt.number} ${attempt.startedAt}`}>
            <Try attempt={attempt} exchange={exchanges.find((one) => one.attempt === attempt.number)} step={step} />
          </li>
        ))}
      </ol>
    </Part>
  )
}

interface TryProps {
  readonly attempt: AttemptView
  readonly exchange: Exchange | undefined
  readonly step: StepView
}

function Try({ attempt, exchange, step }: TryProps): ReactNode {
  const { error, endedAt, startedAt, retryAt, number } = attempt
  const isSame = step.attempts.length === 1 && error?.message === step.error?.message
  return (
    <div className={styles.try}>
      <p className={styles.tryHead}>
        <strong>Try {number}</strong>
        <span className={styles.sub}>
          <At at={startedAt} />
          {endedAt !== null && `, ${length(endedAt - startedAt)}`}
        </span>
      </p>
      {error !== null && !isSame && <ErrorText error={error} />}
      {retryAt !== null && (
        <p className={styles.sub}>
          Tried again from <At at={retryAt} /> on.
        </p>
      )}
      {exchange !== undefined && <ExchangeView exchange={exchange} />}
    </div>
  )
}
