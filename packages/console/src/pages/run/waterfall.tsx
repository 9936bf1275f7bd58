import { useMemo, type ReactNode } from 'react'
import type { AttemptView, RunDetail, StepView } from '../../api/contract.ts'
import { StateMark, toneClass } from '../../components/status.tsx'
import { useNow } from '../../components/time.tsx'
import { useWidth } from '../../components/width.ts'
import { length } from '../../words/time.ts'
import { count, stepLabel } from '../../words/words.ts'
import { createTimeAxis, type Span, type TimeAxis } from './time-axis.ts'
import styles from './waterfall.module.css'

export interface WaterfallProps {
  readonly run: RunDetail
  readonly chosen: string | undefined
  readonly onChoose: (step: string | undefined) => void
}

/** Steps and their tries under each other, time from left to right. */
export function Waterfall({ run, chosen, onChoose }: WaterfallProps): ReactNode {
  const isMoving = run.steps.some(({ state }) => state === 'running') || run.status === 'ready'
  const ticking = useNow(isMoving ? 250 : run.endedAt === null ? 1_000 : 60_000)
  const now = run.endedAt ?? ticking
  const axis = useMemo(() => axisOf(run, now), [run, now])
  if (run.steps.length === 0) return <p className={styles.none}>It has not begun a step yet.</p>
  const forward = run.steps.filter(({ isUndo }) => !isUndo)
  const undo = run.steps.filter(({ isUndo }) => isUndo)
  const row = (step: StepView): ReactNode => (
    <li key={step.name}>
      <Row step={step} axis={axis} now={now} isChosen={step.name === chosen} onChoose={onChoose} />
    </li>
  )
  return (
    <div className={styles.waterfall}>
      <Axis axis={axis} />
      <ol aria-label="Steps">{forward.map(row)}</ol>
      {undo.length > 0 && (
        <>
          <h3 className={styles.part}>Taken back</h3>
          <ol aria-label="Steps that take back">{undo.map(row)}</ol>
        </>
      )}
    </div>
  )
}

function endOf(step: StepView, now: number): number {
  return step.endedAt ?? (step.state === 'unknown' ? (step.attempts.at(-1)?.endedAt ?? step.startedAt) : now)
}

function attemptEnd(attempt: AttemptView, step: StepView, now: number): number {
  if (attempt.endedAt !== null) return attempt.endedAt
  return attempt === step.attempts.at(-1) ? endOf(step, now) : attempt.startedAt
}

const rests = ({ kind }: StepView): boolean => kind === 'wait' || kind === 'sleep' || kind === 'child-result'

function axisOf(run: RunDetail, now: number): TimeAxis {
  const from = Math.min(run.createdAt, ...run.steps.map(({ startedAt }) => startedAt))
  const to = Math.max(...run.steps.map((step) => endOf(step, now)), run.endedAt ?? run.createdAt, from + 1)
  const busy = run.steps.flatMap((step): Span[] => {
    if (rests(step)) return []
    if (step.attempts.length === 0) return [{ from: step.startedAt, to: endOf(step, now) }]
    return step.attempts.map((attempt) => ({ from: attempt.startedAt, to: attemptEnd(attempt, step, now) }))
  })
  return createTimeAxis({ from, to }, busy)
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`

function Axis({ axis }: { readonly axis: TimeAxis }): ReactNode {
  const [ref, width] = useWidth<HTMLDivElement>()
  const folds = axis.folds.filter(({ start, end }) => (end - start) * width > 40)
  const isFree = (at: number): boolean => folds.every(({ start, end }) => Math.abs((start + end) / 2 - at) * width > 55)
  return (
    <div className={styles.axis} aria-hidden="true">
      <span>Step</span>
      <span className={styles.took}>Took</span>
      <div ref={ref} className={styles.lane}>
        {axis.ticks(width).map(
          ({ at, text }) =>
            isFree(at) && (
              <span
                key={at}
                className={styles.tick}
                data-first={at === 0 ? '' : undefined}
                style={{ left: percent(at) }}
              >
                {text}
              </span>
            ),
        )}
        {folds.map(({ from, to, start, end }) => (
          <span key={from} className={styles.foldText} style={{ left: percent((start + end) / 2) }}>
            {length(to - from)}
          </span>
        ))}
      </div>
    </div>
  )
}

interface RowProps {
  readonly step: StepView
  readonly axis: TimeAxis
  readonly now: number
  readonly isChosen: boolean
  readonly onChoose: (step: string | undefined) => void
}

function Row({ step, axis, now, isChosen, onChoose }: RowProps): ReactNode {
  const { text, system } = stepLabel(step.name, step.kind)
  return (
    <button
      type="button"
      className={styles.row}
      aria-expanded={isChosen}
      data-item=""
      title={step.name}
      onClick={() => onChoose(isChosen ? undefined : step.name)}
    >
      <span className={styles.name}>
        <StateMark state={step.state} />
        <bdi className={styles.words}>{text}</bdi>
        {system !== null && <bdi className={styles.system}>{system}</bdi>}
        {step.attempts.length > 1 && (
          <span className={styles.tries}>{count(step.attempts.length, 'try', 'tries')}</span>
        )}
      </span>
      <span className={styles.took}>{step.state === 'unknown' ? '?' : length(endOf(step, now) - step.startedAt)}</span>
      <span className={`${styles.bars} ${toneClass(step.state)}`} aria-hidden="true">
        {axis.folds.map(({ from, start, end }) => (
          <i key={from} className={styles.fold} style={{ left: percent(start), width: percent(end - start) }} />
        ))}
        <Bars step={step} axis={axis} now={now} />
      </span>
    </button>
  )
}

function Bars({ step, axis, now }: Pick<RowProps, 'step' | 'axis' | 'now'>): ReactNode {
  const whole = { from: step.startedAt, to: endOf(step, now) }
  if (rests(step)) return <Bar look={styles.rest} span={whole} axis={axis} />
  if (step.attempts.length === 0) return <Bar look={styles.bar} span={whole} axis={axis} />
  return (
    <>
      {step.attempts.length > 1 && <Bar look={styles.pause} span={whole} axis={axis} />}
      {step.attempts.map((attempt) => (
        <Bar
          key={`${attempt.number} ${attempt.startedAt}`}
          look={`${styles.bar} ${attempt.error !== null && step.state !== 'unknown' ? toneClass('failed') : ''}`}
          span={{ from: attempt.startedAt, to: attemptEnd(attempt, step, now) }}
          axis={axis}
        />
      ))}
    </>
  )
}

function Bar({
  look,
  span,
  axis,
}: {
  readonly look: string | undefined
  readonly span: Span
  readonly axis: TimeAxis
}): ReactNode {
  const start = Math.min(axis.at(span.from), 0.997)
  return <i className={look} style={{ left: percent(start), width: percent(Math.max(0, axis.at(span.to) - start)) }} />
}
