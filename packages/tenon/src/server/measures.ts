import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LiveConnections } from '../connection/live-connections.ts'
import type { App } from '../definition/app.ts'
import { connectorsOf } from '../definition/app-connectors.ts'
import type { Engine } from '../engine/engine.ts'
import { noRuns } from '../journal/counts.ts'
import type { RunCounts } from '../journal/history.ts'
import type { Standing } from '../journal/cluster.ts'
import type { Journal, RunStatus } from '../journal/journal.ts'
import type { Membership } from '../journal/ownership.ts'
import type { Budgets } from '../outbound/budget/budgets.ts'
import { createExposition, type Exposition } from '../telemetry/exposition.ts'
import { gauge, metricsOf, type Metric, type Valued } from '../telemetry/metric.ts'
import type { Meter, Vocabulary } from '../telemetry/meter.ts'

/** The names that labels may have: those of the app's own definitions. */
export function vocabularyOf(app: App): Vocabulary {
  const operations = Object.fromEntries(
    [...connectorsOf(app).values()].map(({ name, options }) => [name, Object.keys(options.operations)]),
  )
  return { flows: app.options.flows.map(({ name }) => name), operations }
}

export interface Measured {
  readonly meter: Meter
  readonly engine: Pick<Engine, 'activity'>
  readonly journal: Pick<Journal, 'countsByFlow'>
  readonly membership: Pick<Membership, 'standing'> | null
  readonly budgets: Pick<Budgets, 'view'>
  readonly connections: Pick<LiveConnections, 'counts'>
  readonly app: App
  readonly tenant: string
  readonly dataFolder: string
  readonly version: string
}

/** What `GET /metrics` tells; made when it is first asked for, so that nobody else pays for the library. */
export function measuresOf(measured: Measured): () => Exposition {
  let exposition: Exposition | null = null
  return () => (exposition ??= createExposition([...metricsOf(measured.meter), ...gaugesOf(measured)]))
}

export function gaugesOf({
  engine,
  journal,
  membership,
  budgets,
  connections,
  app,
  tenant,
  dataFolder,
  version,
}: Measured): readonly Metric[] {
  const kept = { type: 'gauge' as const, name: 'tenon_runs', help: 'Runs in the journal, by flow and status.' }
  const files = { type: 'gauge' as const, name: 'tenon_journal_file_bytes', help: 'Size of the files of the journal.' }
  const accounts = {
    type: 'gauge' as const,
    name: 'tenon_connections',
    help: 'Stored connections, by connector and state.',
  }
  const info = { type: 'gauge' as const, name: 'tenon_info', help: 'Always 1; the label says which version runs.' }
  return [
    {
      ...kept,
      read: async () => runsOf(app, await journal.countsByFlow(tenant)),
    },
    gauge('tenon_runs_in_progress', 'Runs in memory.', () => engine.activity().inProgress),
    gauge('tenon_runs_readied', 'Runs that wait in memory for their turn.', () => engine.activity().readied),
    ...budgetGauges(budgets),
    ...clusterMetrics(membership),
    {
      ...accounts,
      read: () => [...connections.counts()].map(({ count, ...labels }) => [labels, count] as const),
    },
    { ...files, read: () => fileSizes(dataFolder) },
    { ...info, read: () => [[{ version }, 1]] },
  ]
}

const budgetMeasures = {
  used: 'Taken of a limit of an upstream API in its window, at least ten seconds, by connector and limit.',
  waiting: 'Calls that wait for their turn within a limit.',
  postponed: 'Steps that rest until their turn within a limit.',
} as const

/** All accounts together: the labels are names of definitions, and `learnt` for what only answers told. */
export function budgetGauges(budgets: Measured['budgets']): readonly Metric[] {
  return Object.entries(budgetMeasures).map(([member, help]) => ({
    type: 'gauge',
    name: `tenon_budget_${member}`,
    help,
    read: () => {
      const sums = new Map<string, Valued<number>>()
      for (const view of budgets.view(null)) {
        const labels = { connector: view.connector, limit: view.limit ?? 'learnt' }
        const key = `${labels.connector}\n${labels.limit}`
        const value = view[member as keyof typeof budgetMeasures] ?? 0
        sums.set(key, [labels, (sums.get(key)?.[1] ?? 0) + value])
      }
      return [...sums.values()]
    },
  }))
}

/** Of this node as one of several; a node by itself has none of them. */
export function clusterMetrics(membership: Measured['membership']): readonly Metric[] {
  if (membership === null) return []
  const counted = (name: string, help: string, read: (standing: Standing) => number): Metric => ({
    type: 'counter',
    name,
    help,
    read: () => [[{}, read(membership.standing())]],
  })
  return [
    gauge(
      'tenon_partitions_held',
      'Partitions of runs that this node brings on.',
      () => membership.standing().partitions,
    ),
    gauge(
      'tenon_lease_age_seconds',
      "Time since this node's lease was last renewed.",
      () => membership.standing().leaseAgeMs / 1000,
    ),
    counted(
      'tenon_partitions_taken_over_total',
      'Partitions that this node took from nodes that had ended badly.',
      ({ takenOver }) => takenOver,
    ),
    counted(
      'tenon_appends_fenced_total',
      'Writes of this node that were refused, because another had the run meanwhile.',
      ({ fenced }) => fenced,
    ),
  ]
}

/** A flow without runs counts zero of each; those that the app no longer holds count together. */
function runsOf({ options }: App, counted: Readonly<Record<string, RunCounts>>): readonly Valued<number>[] {
  const sums = new Map(options.flows.map(({ name }) => [name, noRuns()]))
  for (const [flow, counts] of Object.entries(counted)) {
    const name = sums.has(flow) ? flow : 'other'
    const sum = sums.get(name) ?? noRuns()
    for (const status of Object.keys(sum) as RunStatus[]) sum[status] += counts[status]
    sums.set(name, sum)
  }
  return [...sums].flatMap(([flow, sum]) =>
    Object.entries(sum).map(([status, count]) => [{ flow, status }, count] as const),
  )
}

async function fileSizes(folder: string): Promise<readonly (readonly [{ readonly file: string }, number])[]> {
  const files = { database: 'journal.db', wal: 'journal.db-wal', log: 'journal.log' }
  const sizes = Object.entries(files).map(async ([file, name]) => {
    const found = await stat(join(folder, name)).catch(() => null)
    return found === null ? [] : [[{ file }, found.size] as const]
  })
  return (await Promise.all(sizes)).flat()
}
