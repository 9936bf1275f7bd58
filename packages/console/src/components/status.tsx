import {
  CircleCheck,
  CircleSlash,
  CircleX,
  Clock,
  Hand,
  ListEnd,
  LoaderCircle,
  CircleHelp,
  type LucideIcon,
} from 'lucide-react'
import type { ReactNode } from 'react'
import type { RunStatus, StepState } from '../api/contract.ts'
import { statusMeanings, statusWords, stepStateWords } from '../words/words.ts'
import styles from './status.module.css'

const icons: Readonly<Record<RunStatus | StepState, LucideIcon>> = {
  ready: LoaderCircle,
  running: LoaderCircle,
  queued: ListEnd,
  waiting: Clock,
  parked: Hand,
  unknown: CircleHelp,
  completed: CircleCheck,
  failed: CircleX,
  cancelled: CircleSlash,
}

/** The class that gives its descendants `--tone`, `--tone-wash` and `--tone-bar` of a status. */
export function toneClass(status: RunStatus | StepState): string {
  return styles[status] ?? ''
}

export function StatusBadge({
  status,
  large = false,
}: {
  readonly status: RunStatus
  readonly large?: boolean
}): ReactNode {
  const Icon = icons[status]
  return (
    <span
      className={`${styles.badge} ${toneClass(status)} ${large ? styles.large : ''}`}
      title={statusMeanings[status]}
    >
      <Icon aria-hidden="true" />
      {statusWords[status]}
    </span>
  )
}

/** The sign alone; its word is there for ears. */
export function StateMark({ state }: { readonly state: RunStatus | StepState }): ReactNode {
  const Icon = icons[state]
  const word = state in stepStateWords ? stepStateWords[state as StepState] : statusWords[state as RunStatus]
  const turning = state === 'running' ? styles.turning : ''
  return (
    <span className={`${styles.mark} ${toneClass(state)} ${turning}`} title={word}>
      <Icon aria-hidden="true" />
      <span className="spoken">{word}</span>
    </span>
  )
}
