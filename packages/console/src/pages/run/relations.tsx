import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { RunDetail } from '../../api/contract.ts'
import { runQuery } from '../../api/queries.ts'
import { Card } from '../../components/page.tsx'
import { StateMark } from '../../components/status.tsx'
import { Ago } from '../../components/time.tsx'
import { count, shortId } from '../../words/words.ts'
import styles from './relations.module.css'

function RunLink({ run }: { readonly run: string }): ReactNode {
  return (
    <Link to="/runs/$run" params={{ run }} title={run}>
      <code>{shortId(run)}</code>
    </Link>
  )
}

/** The runs that this one has to do with: who is before and behind it, who started it, whom it started. */
export function Relations({ run }: { readonly run: RunDetail }): ReactNode {
  const { ahead, behindCount, parent, linked, children } = run
  if (ahead === null && behindCount === 0 && parent === null && linked === null && children.length === 0) return null
  return (
    <Card title="Other runs">
      <div className={styles.parts}>
        {ahead !== null && <Ahead ahead={ahead} of={run} />}
        <Behind run={run} />
        {parent !== null && (
          <div>
            <h3>Started by</h3>
            <p className={styles.soft}>
              <RunLink run={parent.run} />, at its step <code>{parent.step}</code>
            </p>
          </div>
        )}
        {linked !== null && (
          <div>
            <h3>Started anew from</h3>
            <p className={styles.soft}>
              <RunLink run={linked} />
            </p>
          </div>
        )}
        <Children run={run} />
      </div>
    </Card>
  )
}

/** Who holds the key; where that run needs somebody, so does this one. */
function Ahead({ ahead, of }: { readonly ahead: string; readonly of: RunDetail }): ReactNode {
  const { data } = useQuery(runQuery(ahead))
  const isStuck = data?.status === 'failed' || data?.status === 'parked'
  return (
    <div>
      <h3>Before it</h3>
      <p className={styles.line}>
        {data !== undefined && <StateMark state={data.status} />}
        <RunLink run={ahead} />
        <span className={styles.soft}>
          holds the key <bdi>{of.key}</bdi>.
        </span>
      </p>
      <p className={styles.soft}>
        {isStuck
          ? 'It does not go on by itself: open it, and retry or cancel it.'
          : 'This run goes on when that one is finished.'}
      </p>
    </div>
  )
}

function Behind({ run: { behind, behindCount, key } }: { readonly run: RunDetail }): ReactNode {
  if (behindCount === 0) return null
  return (
    <div>
      <h3>{count(behindCount, 'run waits', 'runs wait')} behind it</h3>
      <ul className={styles.list}>
        {behind.slice(0, 5).map(({ run, createdAt }) => (
          <li key={run}>
            <StateMark state="queued" />
            <RunLink run={run} />
            <span className={styles.soft}>
              since <Ago at={createdAt} />
            </span>
          </li>
        ))}
      </ul>
      {behindCount > 5 && key !== null && (
        <p className={styles.soft}>
          <Link to="/runs" search={{ key, status: 'queued' }}>
            All {behindCount}
          </Link>
        </p>
      )}
    </div>
  )
}

function Children({ run: { children } }: { readonly run: RunDetail }): ReactNode {
  if (children.length === 0) return null
  return (
    <div>
      <h3>It started</h3>
      <ul className={styles.list}>
        {children.map(({ run, flow, status, step }) => (
          <li key={run}>
            <StateMark state={status} />
            <RunLink run={run} />
            <bdi>{flow}</bdi>
            <span className={styles.soft}>
              at <code>{step}</code>
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
