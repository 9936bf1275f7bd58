import { defineApp } from '../../packages/tenon/src/definition/app.ts'
import { defineFlow } from '../../packages/tenon/src/definition/flow.ts'
import { manual } from '../../packages/tenon/src/definition/trigger.ts'
import { gaugesOf } from '../../packages/tenon/src/server/measures.ts'
import { metricsOf, type Metric } from '../../packages/tenon/src/telemetry/metric.ts'
import { Meter } from '../../packages/tenon/src/telemetry/meter.ts'
import { cell, code, page, table } from './markdown.ts'

/** Every metric of ours, with its labels as they come out when something of everything has happened. */
export async function metricPage(): Promise<string> {
  const meter = new Meter({ flows: ['f'], operations: { c: ['o'] } })
  happen(meter)
  const engine = { activity: () => ({ inProgress: 0, readied: 0, nextWakeAt: null }) }
  const journal = { countsByFlow: async () => ({}) }
  const gauges = gaugesOf({
    budgets: { view: () => [] },
    connections: { counts: () => [{ connector: 'c', state: 'healthy', count: 1 }] },
    meter,
    engine,
    journal,
    membership: { standing: () => ({ nodes: 1, partitions: 0, leaseAgeMs: 0, takenOver: 0, fenced: 0 }) },
    app: defineApp({ flows: [flow] }),
    tenant: '',
    dataFolder: '',
    version: '',
  })
  const rows = await Promise.all([...metricsOf(meter), ...gauges].map(rowOf))
  return page(
    '# Metrics',
    '`GET /metrics` tells them to Prometheus. The values of labels are the names that the app declares (flows, connectors, operations), outcomes, and [error codes](errors.md); anything else counts as `other`. Beside these stand the usual figures of a Node process: CPU, memory, event loop, garbage collection.',
    table(['metric', 'kind', 'labels', 'what it says'], rows),
  )
}

const flow = defineFlow('f', { trigger: manual(), run: () => null })

function happen(meter: Meter): void {
  meter.runStarted('f')
  meter.runEnded('f', 'failed', 'TIMEOUT', 1)
  meter.runParked('f', 'DIVERGED')
  meter.stepEnded('f', { kind: 'call', attempt: 1 }, 'TIMEOUT', 1)
  meter.stepRetried('f', 'TIMEOUT')
  meter.callEnded('c', 'o', { outcome: 'failed', status: 500, error: { code: 'TIMEOUT' } }, 1)
  meter.renewalEnded('c', 'renewed', 1)
  meter.eventTaken('c', 'accepted')
  meter.webhookAnswered('c', 'SIGNATURE_INVALID', 1)
}

async function rowOf(metric: Metric): Promise<string[]> {
  const [first] = [...(await metric.read())]
  // Those of files are looked up on a disk that is not there.
  const labels = metric.name === 'tenon_journal_file_bytes' ? ['file'] : Object.keys(first?.[0] ?? {})
  // A long name may break at its underscores.
  const name = `<code>${metric.name.replaceAll('_', '_<wbr>')}</code>`
  return [name, metric.type, labels.map(code).join(' '), cell(metric.help)]
}
