import { describe, expect, test } from 'vitest'
import { createExposition } from './exposition.ts'
import { Meter } from './meter.ts'
import { metricsOf } from './metric.ts'
import { promtoolProblems } from './promtool.fixture.ts'

const vocabulary = {
  flows: ['order-paid', 'refund'],
  operations: { stripe: ['createRefund', 'getPayment'], shop: ['getOrder'] },
}

/** The lines of our own metrics; the library adds those of the process. */
async function linesOf(meter: Meter): Promise<string[]> {
  const text = await createExposition(metricsOf(meter)).render()
  return text.split('\n').filter((line) => line.startsWith('tenon_'))
}

/** Something of everything, under these names. */
function record(meter: Meter, flow: string, connector: string, operation: string): void {
  meter.runStarted(flow)
  meter.runEnded(flow, 'completed', '', 1500)
  meter.runEnded(flow, 'failed', 'UPSTREAM_REFUSED', 20)
  meter.runParked(flow, 'OUTCOME_UNKNOWN')
  meter.stepEnded(flow, { kind: 'call', attempt: 3 }, '', 40)
  meter.stepEnded(flow, { kind: 'wait', attempt: 0 }, 'TIMEOUT', 0)
  meter.stepRetried(flow, 'UPSTREAM_UNAVAILABLE')
  meter.callEnded(connector, operation, { outcome: 'answered', status: 200 }, 40)
  meter.callEnded(connector, operation, { outcome: 'failed', status: null, error: { code: 'TIMEOUT' } }, 30_000)
  meter.renewalEnded(connector, 'renewed', 120)
  meter.renewalEnded(connector, 'lost', 80)
  meter.eventTaken(connector, 'accepted')
  meter.webhookAnswered(connector, '', 3)
  meter.webhookAnswered(connector, 'SIGNATURE_INVALID', 1)
  meter.committed(4, 900, 2)
}

describe('what is counted', () => {
  test('OBS-02: each metric has the labels of the definitions and the right values', async () => {
    const meter = new Meter(vocabulary)
    record(meter, 'order-paid', 'stripe', 'createRefund')
    meter.runEnded('order-paid', 'completed', '', 90_000)
    const lines = await linesOf(meter)
    for (const line of [
      'tenon_runs_started_total{flow="order-paid"} 1',
      'tenon_runs_ended_total{flow="order-paid",outcome="completed"} 2',
      'tenon_runs_ended_total{flow="order-paid",outcome="failed"} 1',
      'tenon_run_failures_total{flow="order-paid",code="UPSTREAM_REFUSED"} 1',
      'tenon_run_duration_seconds_bucket{flow="order-paid",outcome="completed",le="1"} 0',
      'tenon_run_duration_seconds_bucket{flow="order-paid",outcome="completed",le="5"} 1',
      'tenon_run_duration_seconds_bucket{flow="order-paid",outcome="completed",le="+Inf"} 2',
      'tenon_run_duration_seconds_sum{flow="order-paid",outcome="completed"} 91.5',
      'tenon_runs_parked_total{flow="order-paid",code="OUTCOME_UNKNOWN"} 1',
      'tenon_steps_ended_total{flow="order-paid",kind="call",outcome="completed"} 1',
      'tenon_steps_ended_total{flow="order-paid",kind="wait",outcome="failed"} 1',
      'tenon_step_attempts_total{flow="order-paid",kind="call"} 3',
      'tenon_step_retries_total{flow="order-paid",code="UPSTREAM_UNAVAILABLE"} 1',
      'tenon_calls_total{connector="stripe",operation="createRefund",outcome="answered",status="2xx"} 1',
      'tenon_calls_total{connector="stripe",operation="createRefund",outcome="failed",status="none"} 1',
      'tenon_call_failures_total{connector="stripe",operation="createRefund",code="TIMEOUT"} 1',
      'tenon_token_renewals_total{connector="stripe",outcome="renewed"} 1',
      'tenon_token_renewals_total{connector="stripe",outcome="lost"} 1',
      'tenon_token_renewals_total{connector="stripe",outcome="failed"} 0',
      'tenon_token_renewal_duration_seconds_count{connector="stripe"} 2',
      'tenon_events_total{source="stripe",outcome="accepted"} 1',
      'tenon_webhooks_accepted_total{connector="stripe"} 1',
      'tenon_webhooks_refused_total{connector="stripe",code="SIGNATURE_INVALID"} 1',
      'tenon_journal_commit_writes_count 1',
      'tenon_journal_written_bytes_total 900',
    ])
      expect(lines).toContain(line)
  })

  test('OBS-02: names that nobody declared all count as other: a hundred thousand of them make no more series than one', async () => {
    const one = new Meter(vocabulary)
    record(one, 'tenant-0', 'tenant-0', 'tenant-0')
    const many = new Meter(vocabulary)
    for (let index = 0; index < 100_000; index += 1) {
      const name = `tenant-${index}`
      record(many, name, name, name)
      many.runParked(name, name)
      many.callEnded('stripe', name, { outcome: 'failed', status: index, error: { code: name } }, 1)
    }
    const lines = await linesOf(many)
    expect(lines.join('\n')).not.toContain('tenant-')
    expect(lines).toContain('tenon_runs_started_total{flow="other"} 100000')
    const declared = await linesOf(one)
    // Beyond that one: the connector with an unknown operation, the classes of the statuses, the unknown code.
    expect(lines.length - declared.length).toBeLessThan(40)
  })

  test('OBS-02: promtool finds nothing wrong with the names and the text', async (context) => {
    const meter = new Meter(vocabulary)
    record(meter, 'order-paid', 'stripe', 'createRefund')
    record(meter, 'unknown', 'unknown', 'unknown')
    const text = await createExposition(metricsOf(meter)).render()
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
    expect(text).toContain('process_resident_memory_bytes')
    expect(promtoolProblems(text, context)).toBe('')
  })

  test('a figure that cannot be had is left out, and the others are told all the same', async () => {
    const broken = { type: 'gauge', name: 'tenon_broken', help: 'It throws.' } as const
    const metrics = metricsOf(new Meter(vocabulary))
    const exposition = createExposition([
      { ...broken, read: () => Promise.reject(new Error('the journal is closed')) },
      ...metrics,
    ])
    const text = await exposition.render()
    expect(text).not.toMatch(/^tenon_broken/m)
    expect(text).toContain('tenon_journal_queue_writes 0')
  })
})
