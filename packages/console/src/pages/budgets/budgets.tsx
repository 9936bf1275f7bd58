import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Gauge } from 'lucide-react'
import type { ReactNode } from 'react'
import { budgetsQuery, type Budget, type BudgetNodes } from '../../api/budgets.ts'
import { Empty, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import row from '../../components/row-card.module.css'
import status from '../../components/status.module.css'
import { distance, length } from '../../words/time.ts'

export function BudgetsPage(): ReactNode {
  const { data, error, refetch, dataUpdatedAt } = useQuery({ ...budgetsQuery, refetchInterval: 2_000 })
  return (
    <Page title="Budgets" lead="How much of what each provider takes is used, by which flow, and who waits for a turn.">
      {error !== null && data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton />}
      {data !== undefined && data.budgets.length > 0 && <Nodes nodes={data.nodes} />}
      {data?.budgets.length === 0 && (
        <Empty icon={Gauge} title="No call has met a limit yet.">
          <p>A limit stands here once a call was made to an account that has one.</p>
        </Empty>
      )}
      <ul className={row.rows}>
        {data?.budgets.map((budget) => (
          <li key={`${budget.connector}/${budget.connection}/${budget.limit}`}>
            <BudgetCard budget={budget} now={dataUpdatedAt} />
          </li>
        ))}
      </ul>
    </Page>
  )
}

function Nodes({ nodes }: { readonly nodes: BudgetNodes }): ReactNode {
  if (nodes === null || nodes.there === 1) return null
  const { there, told } = nodes
  const isWhole = told === there
  return (
    <p className={isWhole ? row.text : status.warned}>
      {isWhole ? `Of all ${there} nodes together.` : `Of ${told} of ${there} nodes: the others did not answer in time.`}
    </p>
  )
}

function BudgetCard({ budget, now }: { readonly budget: Budget; readonly now: number }): ReactNode {
  const { connector, connection, limit, used, allowed, windowMs } = budget
  return (
    <article className={row.card}>
      <div>
        <h2>
          <bdi>{connector}</bdi>
          <span className={row.aside}>{connection ?? 'all accounts together'}</span>
        </h2>
        <p className={row.text}>{limitWords(limit, budget)}</p>
        <Learnt budget={budget} now={now} />
        <Flows budget={budget} />
      </div>
      <div className={row.stand}>
        {used !== null && allowed !== null && windowMs !== null && (
          <p className={row.measured}>
            {/* Named by the words beside it. */}
            <meter min={0} max={allowed} value={Math.min(used, allowed)} aria-label={`${connector}: used`} />
            {used.toLocaleString('en')} of {Math.floor(allowed).toLocaleString('en')} in {length(windowMs)}
          </p>
        )}
        <p className={isShort(budget) ? status.warned : row.text}>{standing(budget, now)}</p>
      </div>
    </article>
  )
}

function Learnt({ budget: { learnt }, now }: { readonly budget: Budget; readonly now: number }): ReactNode {
  if (learnt.length === 0) return null
  return (
    <ul className={row.text} aria-label="What its answers told">
      {learnt.map(({ name, remaining, quota, resetsAt }) => (
        <li key={name}>
          {name}: {remaining.toLocaleString('en')}
          {quota !== null && ` of ${quota.toLocaleString('en')}`} left, whole again {distance(resetsAt, now)}
        </li>
      ))}
    </ul>
  )
}

function Flows({ budget: { flows } }: { readonly budget: Budget }): ReactNode {
  if (flows.length === 0) return null
  return (
    <ul className={row.chips} aria-label="Used by">
      {flows.map(({ flow, used }) => (
        <li key={flow ?? ''} className={row.chip}>
          {flow === null ? (
            'outside flows'
          ) : (
            <Link to="/flows/$flow" params={{ flow }}>
              <bdi>{flow}</bdi>
            </Link>
          )}{' '}
          {used.toLocaleString('en')}
        </li>
      ))}
    </ul>
  )
}

function limitWords(limit: string | null, { requests, perMs }: Budget): string {
  if (requests === null || perMs === null) return 'Not declared: what its answers told'
  return `${limit}: at most ${requests.toLocaleString('en')} in ${length(perMs)}`
}

function isShort({ waiting, postponed, pausedUntil }: Budget): boolean {
  return waiting > 0 || postponed > 0 || pausedUntil !== null
}

function standing({ waiting, postponed, pausedUntil, doneAt }: Budget, now: number): string {
  const words = [
    ...(pausedUntil === null ? [] : [`Paused, goes on ${distance(pausedUntil, now)}`]),
    ...(waiting === 0 ? [] : [waiting === 1 ? '1 call waits' : `${waiting.toLocaleString('en')} calls wait`]),
    ...(postponed === 0 ? [] : [postponed === 1 ? '1 step rests' : `${postponed.toLocaleString('en')} steps rest`]),
    ...(doneAt === null ? [] : [`all done ${distance(doneAt, now)}`]),
  ]
  return words.length === 0 ? 'Free' : words.join(', ')
}
