import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Inbox, SearchX } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import type { RunFilter } from '../../api/contract.ts'
import { runsQuery } from '../../api/queries.ts'
import { Button, buttonClass } from '../../components/button.tsx'
import { Empty, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Card, Page } from '../../components/page.tsx'
import { RunsTable } from '../../components/runs-table.tsx'
import { Filters } from './filters.tsx'
import { useLiveRuns } from './live-runs.ts'

const route = getRouteApi('/runs')

export function RunsPage(): ReactNode {
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const change = (next: RunFilter): void => void navigate({ search: next, replace: true, resetScroll: false })
  return (
    <Page title="Runs" lead="Every time a flow was set going, newest first. New ones appear by themselves.">
      <Filters filter={filter} onChange={change} />
      <Card title={isFiltered(filter) ? 'Runs that fit' : 'All runs'} flush>
        <List filter={filter} onClear={() => change({})} />
      </Card>
    </Page>
  )
}

const isFiltered = (filter: RunFilter): boolean => Object.values(filter).some((value) => value !== undefined)

function List({ filter, onClear }: { readonly filter: RunFilter; readonly onClear: () => void }): ReactNode {
  useLiveRuns(filter)
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    runsQuery(filter),
  )
  const runs = data?.pages.flatMap((page) => page.runs) ?? []
  if (isPending)
    return (
      <div style={{ padding: '0 1.5rem' }}>
        <Skeleton lines={8} />
      </div>
    )
  if (error !== null && runs.length === 0)
    return (
      <div style={{ padding: '1rem 1.5rem 1.5rem', display: 'grid', gap: '1rem', justifyItems: 'start' }}>
        <ProblemNotice error={error} onRetry={() => void refetch()} />
        {isFiltered(filter) && <Button onClick={onClear}>Clear all filters</Button>}
      </div>
    )
  if (runs.length === 0) return isFiltered(filter) ? <NoneFits onClear={onClear} /> : <NoneYet />
  return (
    <>
      <RunsTable runs={runs} label="Runs" virtual />
      <More isThere={hasNextPage} isBusy={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </>
  )
}

interface MoreProps {
  readonly isThere: boolean
  readonly isBusy: boolean
  readonly onMore: () => void
}

/** Older runs come when the end of the list comes near; the button is for who does not scroll. */
function More({ isThere, isBusy, onMore }: MoreProps): ReactNode {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = ref.current
    if (element === null || isBusy) return undefined
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && onMore(), {
      rootMargin: '600px',
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [isBusy, onMore])
  if (!isThere) return null
  return (
    <div ref={ref} style={{ display: 'grid', placeItems: 'center', padding: '1rem' }}>
      <Button busy={isBusy} onClick={onMore}>
        {isBusy ? 'Loading older runs …' : 'Show older runs'}
      </Button>
    </div>
  )
}

function NoneFits({ onClear }: { readonly onClear: () => void }): ReactNode {
  return (
    <Empty icon={SearchX} title="No run fits these filters.">
      <p>Take one away, or look at a longer time.</p>
      <Button onClick={onClear}>Clear all filters</Button>
    </Empty>
  )
}

function NoneYet(): ReactNode {
  return (
    <Empty icon={Inbox} title="Nothing has run yet.">
      <p>
        A run begins when an event arrives, when its time comes, or by hand. Send an event from a simulator to see one.
      </p>
      <Link to="/simulators" className={buttonClass('primary')}>
        Go to the simulators
      </Link>
    </Empty>
  )
}
