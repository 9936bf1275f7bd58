import type { RunPage } from '../journal/history.ts'
import type { RunRow, RunStatus } from '../journal/journal.ts'
import type { Services } from './command.ts'
import type { Divergence } from './engine.ts'
import { replayDry } from './dry-replay.ts'
import { read } from './entries.ts'

const living: readonly RunStatus[] = ['ready', 'waiting', 'parked']
const pageSize = 200

/** Replays every living run against this code without doing anything: those that would park. */
export async function checkRuns(tenant: string, services: Services): Promise<readonly Divergence[]> {
  const divergences: Divergence[] = []
  for await (const row of rowsOf(tenant, services)) {
    const divergence = await checkRun(row, services)
    if (divergence !== null) divergences.push(divergence)
  }
  return divergences
}

async function* rowsOf(tenant: string, { journal }: Services): AsyncGenerator<RunRow> {
  let before: string | null = null
  do {
    const page: RunPage = await journal.list({
      tenant,
      status: living,
      limit: pageSize,
      ...(before !== null && { before }),
    })
    yield* page.runs
    before = page.next
  } while (before !== null)
}

async function checkRun(row: RunRow, services: Services): Promise<Divergence | null> {
  const about = { run: row.run, flow: row.flow, version: row.version }
  const plan = services.planOf(row.flow, row.version)
  if (plan === null) return { ...about, expected: `${row.flow} version ${row.version}`, found: 'no such version' }
  const [loaded] = await services.journal.load([row])
  if (loaded === null || loaded === undefined) return null
  const entries = await read(loaded.entries, services.values)
  const { difference } = await replayDry({ ...loaded, entries }, { plan, services })
  return difference === null ? null : { ...about, expected: difference.expected, found: difference.found }
}
