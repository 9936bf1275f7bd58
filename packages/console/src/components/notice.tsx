import { CircleCheck, CircleX, Info, type LucideIcon, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { Button } from './button.tsx'
import styles from './notice.module.css'
import { toneClass } from './status.tsx'

export interface NoticeProps {
  readonly tone?: 'completed' | 'failed' | 'parked' | 'waiting' | 'plain'
  readonly title: string
  readonly children?: ReactNode
}

const signs: Readonly<Record<string, LucideIcon>> = { completed: CircleCheck, failed: CircleX, parked: TriangleAlert }

export function Notice({ tone = 'plain', title, children }: NoticeProps): ReactNode {
  const Sign = signs[tone] ?? Info
  return (
    <section className={`${styles.notice} ${tone === 'plain' ? '' : toneClass(tone)}`} aria-label={title}>
      <Sign aria-hidden="true" />
      <h2 className={styles.title}>{title}</h2>
      {children !== undefined && <div className={styles.body}>{children}</div>}
    </section>
  )
}

/** What went wrong, in the server's words, and what can be done about it. */
export function ProblemNotice({
  error,
  onRetry,
}: {
  readonly error: Error
  readonly onRetry?: (() => void) | undefined
}): ReactNode {
  const problem = error instanceof ApiError ? error.problem : null
  return (
    <Notice tone={problem?.code === 'OFFLINE' ? 'parked' : 'failed'} title={problem?.title ?? 'This page has a fault.'}>
      <p>{problem?.detail ?? error.message}</p>
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </Notice>
  )
}

export interface EmptyProps {
  readonly icon: LucideIcon
  readonly title: string
  readonly children?: ReactNode
}

/** Nothing to show, and what would change that. */
export function Empty({ icon: Icon, title, children }: EmptyProps): ReactNode {
  return (
    <div className={styles.empty}>
      <Icon aria-hidden="true" />
      <h2>{title}</h2>
      {children}
    </div>
  )
}

const widths = ['92%', '78%', '86%', '64%', '81%', '72%']

export function Skeleton({ lines = 4 }: { readonly lines?: number }): ReactNode {
  return (
    <div className={styles.skeleton} role="status">
      <span className="spoken">Loading …</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} style={{ width: widths[index % widths.length] }} aria-hidden="true" />
      ))}
    </div>
  )
}
