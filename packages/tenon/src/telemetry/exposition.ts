import { createRequire } from 'node:module'
import type * as Client from '@prometheus-io/client'
import type { Distribution, Labels } from './measure.ts'
import type { Metric, Valued } from './metric.ts'

export interface Exposition {
  readonly contentType: string
  /** All metrics in the text format of Prometheus. */
  render(): Promise<string>
}

interface Value {
  readonly labels: Labels
  readonly value: number
  readonly metricName?: string
}

/** The library's own metrics whose names break Prometheus' rules. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
]

/** Joins these metrics with the figures of the process. The library is loaded by the first who asks, and the process is observed from then on. */
export function createExposition(metrics: readonly Metric[]): Exposition {
  const client = createRequire(import.meta.url)('@prometheus-io/client') as typeof Client
  const own = new client.Registry()
  for (const metric of metrics) own.registerMetric(collectable(metric) as unknown as Client.Metric)
  const registry = client.Registry.merge([own, (ofProcess ??= observeProcess(client))])
  return { contentType: registry.contentType, render: () => registry.metrics() }
}

/** A process has one, whatever comes and goes in it: what observes never ends. */
let ofProcess: Client.Registry | null = null

function observeProcess(client: typeof Client): Client.Registry {
  const registry = new client.Registry()
  client.collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  return registry
}

/** As the library reads a metric that it did not make itself. */
function collectable(metric: Metric): object {
  const { name, help, type } = metric
  return { name, help, type, get: async () => ({ name, help, type, values: await valuesOf(metric) }) }
}

async function valuesOf(metric: Metric): Promise<readonly Value[]> {
  try {
    if (metric.type === 'histogram')
      return Array.from(metric.read()).flatMap((spread) => bucketsOf(metric.name, spread))
    return Array.from(await metric.read(), ([labels, value]) => ({ labels, value }))
  } catch {
    // A journal that does not answer is no reason to say nothing of the rest: that is when someone looks.
    return []
  }
}

function bucketsOf(name: string, [labels, { bounds, counts, sum }]: Valued<Distribution>): readonly Value[] {
  let below = 0
  const buckets: Value[] = counts.map((count, index) => {
    below += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bounds[index] ?? '+Inf') }, value: below }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below },
  ]
}
