import type { RunStatus } from './journal.ts'

/** Every status, with no run counted yet. */
export function noRuns(): Record<RunStatus, number> {
  return { ready: 0, queued: 0, waiting: 0, parked: 0, completed: 0, failed: 0, cancelled: 0 }
}

/** Runs behind another are counted up to here. */
export const mostCounted = 10_000
