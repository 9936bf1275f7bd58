import { existsSync } from 'node:fs'
import { TenonError } from '../base/errors.ts'
import type { App } from '../definition/app.ts'
import type { AppProblem } from '../definition/problem.ts'
import { createEngine } from '../engine/create-engine.ts'
import type { Divergence } from '../engine/engine.ts'
import type { JournalHistory, RunPage } from '../journal/history.ts'
import type { Journal, JournalWork, RunStatus } from '../journal/journal.ts'
import { soleOwnership } from '../journal/ownership.ts'
import { DataFolder } from './data-folder.ts'
import { loadApp } from './load-app.ts'
import { connectToServer, type ManagementClient } from './management-client.ts'

export interface DeployCheck {
  readonly file: string
  readonly problems: readonly AppProblem[]
  /** `null` where there are no runs to try the code on. */
  readonly divergences: readonly Divergence[] | null
  /** Living runs that were tried. */
  readonly runs: number
}

const tenant = 'default'
const living: readonly RunStatus[] = ['ready', 'queued', 'waiting', 'parked']

/** Tries the code in `appFile` on all living runs, of the running server or of the resting data folder. Nothing is changed, nothing is called. */
export async function checkDeploy(options: {
  readonly appFile: string
  readonly dataFolder: string
}): Promise<DeployCheck> {
  const { app, file, problems } = await loadApp(options.appFile)
  const journal = problems.length > 0 ? null : await openForReading(options.dataFolder)
  if (journal === null) return { file, problems, divergences: null, runs: 0 }
  try {
    return { file, problems, ...(await tryOn(app, journal)) }
  } finally {
    await journal.close()
  }
}

/** Tries an app on the living runs of the server that works on a data folder. Rejects with `NOT_FOUND` when there is none. */
export async function checkAgainstServer(
  app: App,
  dataFolder: string,
): Promise<{ readonly divergences: readonly Divergence[]; readonly runs: number }> {
  return tryOn(app, throughServer(connectToServer({ dataFolder })))
}

async function tryOn(app: App, journal: ReadJournal): Promise<{ divergences: readonly Divergence[]; runs: number }> {
  const counts = await journal.counts(tenant)
  const runs = living.reduce((sum, status) => sum + counts[status], 0)
  return { divergences: await divergencesOf(app, journal), runs }
}

async function divergencesOf(app: App, journal: ReadJournal): Promise<readonly Divergence[]> {
  const refuse = (): Promise<never> => Promise.reject(new TenonError('FORBIDDEN', 'a check changes nothing'))
  const engine = await createEngine({ app, journal: asleep(journal), client: { call: refuse } })
  try {
    return await engine.check(tenant)
  } finally {
    await engine.drain(0)
  }
}

type ReadJournal = Pick<JournalWork, 'load' | 'values'> &
  Pick<JournalHistory, 'list' | 'counts'> & { close(): Promise<void> }

/** A journal in which nothing is to be done and nothing can be written. */
function asleep(journal: ReadJournal): Journal {
  const refuse = (): Promise<never> => Promise.reject(new TenonError('FORBIDDEN', 'a check changes nothing'))
  return {
    ownership: soleOwnership(0, 0),
    closedCleanly: true,
    load: (runs) => journal.load(runs),
    values: (hashes) => journal.values(hashes),
    list: (query) => journal.list(query),
    counts: (of) => journal.counts(of),
    ready: async () => [],
    due: async () => [],
    nextWake: async () => null,
    inbox: async () => [],
    cursor: async () => null,
    cursors: async () => [],
    prune: async () => false,
    find: async () => null,
    entries: async () => [],
    event: async () => null,
    countsByFlow: async () => ({}),
    line: async () => ({ ahead: null, behind: [], behindCount: 0 }),
    deliver: refuse,
    append: refuse,
    close: async () => undefined,
  }
}

async function openForReading(dataFolder: string): Promise<ReadJournal | null> {
  const { path } = new DataFolder(dataFolder)
  if (!existsSync(path)) return null
  try {
    return throughServer(connectToServer({ dataFolder: path }))
  } catch (error) {
    if (!TenonError.is(error, 'NOT_FOUND')) throw error
  }
  const { sqliteJournal } = await import('../journal/sqlite.ts')
  return sqliteJournal({ folder: path })
}

/** One process owns the file; while that is the server, it is asked. */
function throughServer(server: ManagementClient): ReadJournal {
  return {
    list: async ({ status, before, limit }) => {
      const query = new URLSearchParams({ limit: String(limit) })
      if (status !== undefined) query.set('status', status.join(','))
      if (before !== undefined) query.set('before', before)
      const { runs, next } = (await server.get(`/runs?${query.toString()}`)) as unknown as RunPage
      return { runs: runs.map((row) => ({ ...row, tenant })), next }
    },
    counts: async () => (await server.get('/status'))['counts'] as Awaited<ReturnType<ReadJournal['counts']>>,
    load: async (runs) =>
      (await server.send('POST', '/journal/runs', { runs: runs.map(({ run }) => run) }))['runs'] as Awaited<
        ReturnType<ReadJournal['load']>
      >,
    values: async (hashes) =>
      (await server.send('POST', '/journal/values', { hashes }))['values'] as Awaited<
        ReturnType<ReadJournal['values']>
      >,
    close: async () => undefined,
  }
}
