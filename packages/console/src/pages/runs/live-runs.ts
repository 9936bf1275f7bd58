import { type InfiniteData, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useState } from 'react'
import type { Happening, RunFilter, RunPage, RunStatus, RunSummary } from '../../api/contract.ts'
import { useLive } from '../../api/live.ts'
import { fetchRuns, runsQuery, statusQuery } from '../../api/queries.ts'
import { useThrottle } from '../../api/throttle.ts'

const everyMs = 1_000
const quietMs = 5_000

const newStatus: Readonly<Record<string, RunStatus>> = {
  'run.started': 'ready',
  'run.resumed': 'ready',
  'run.waited': 'waiting',
  'run.parked': 'parked',
  'run.completed': 'completed',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
}

const ends: readonly RunStatus[] = ['completed', 'failed', 'cancelled']

type Pages = InfiniteData<RunPage, string | null>

/** The newest page is put in front of what is there, so that everything that was scrolled to stays in its place. */
function merge(pages: Pages, fresh: RunPage): Pages {
  const [first, ...rest] = pages.pages
  if (first === undefined) return pages
  const renewed = new Map(fresh.runs.map((run) => [run.run, run]))
  const isAll = fresh.next === null && rest.length === 0
  const kept = isAll ? [] : first.runs.filter(({ run }) => !renewed.has(run))
  const others = rest.map((page) => ({ ...page, runs: page.runs.filter(({ run }) => !renewed.has(run)) }))
  return { ...pages, pages: [{ runs: [...fresh.runs, ...kept], next: isAll ? null : first.next }, ...others] }
}

function patch(run: RunSummary, { name, at }: Happening): RunSummary {
  const status = newStatus[name] ?? run.status
  if (at < run.updatedAt || status === run.status) return run
  return {
    ...run,
    status,
    updatedAt: at,
    endedAt: ends.includes(status) ? at : null,
    wakeAt: status === 'waiting' ? run.wakeAt : null,
  }
}

function patchAll(pages: Pages, news: ReadonlyMap<string, Happening>, filter: RunFilter): Pages {
  const wanted = filter.status?.split(',')
  const change = (run: RunSummary): RunSummary[] => {
    const happening = news.get(run.run)
    const now = happening === undefined ? run : patch(run, happening)
    return wanted === undefined || wanted.includes(now.status) ? [now] : []
  }
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, runs: page.runs.flatMap(change) })) }
}

/** Keeps the list of runs up to date: what moved is changed in its place, what is new comes in front, once a second at most. */
export function useLiveRuns(filter: RunFilter): void {
  const queries = useQueryClient()
  const throttle = useThrottle(everyMs)
  const [news] = useState(() => new Map<string, Happening>())
  const { queryKey } = runsQuery(filter)

  const refresh = (): void => {
    const moved = new Map(news)
    news.clear()
    queries.setQueryData<Pages>(queryKey, (pages) => pages && patchAll(pages, moved, filter))
    fetchRuns(filter).then(
      (fresh) => queries.setQueryData<Pages>(queryKey, (pages) => pages && merge(pages, fresh)),
      // The stream's own retry tells of a lost connection.
      () => {},
    )
    void queries.invalidateQueries({ queryKey: statusQuery.queryKey })
  }

  // Runs that wait in a line or in a paused flow make no news.
  const onTime = useEffectEvent(() => {
    if (document.visibilityState === 'visible') throttle(refresh)
  })
  useEffect(() => {
    const timer = setInterval(() => onTime(), quietMs)
    return () => clearInterval(timer)
  }, [])

  useLive(
    { flow: filter.flow },
    {
      onHappening(happening) {
        if (happening.run === undefined || !(happening.name in newStatus)) return
        news.set(happening.run, happening)
        throttle(refresh)
      },
      onGap: () => void queries.resetQueries({ queryKey }),
    },
  )
}
