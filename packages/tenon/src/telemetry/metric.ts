import type { Distribution, Labels } from './measure.ts'
import type { Meter } from './meter.ts'

/** One metric as Prometheus sees it: its name, what it says, and its values at this moment. */
export type Metric =
  | (About & {
      readonly type: 'counter' | 'gauge'
      readonly read: () => Iterable<Valued<number>> | Promise<Iterable<Valued<number>>>
    })
  | (About & { readonly type: 'histogram'; readonly read: () => Iterable<Valued<Distribution>> })

interface About {
  readonly name: string
  readonly help: string
}

export type Valued<Value> = readonly [labels: Labels, value: Value]

/** A figure that is looked up when someone asks. */
export function gauge(name: string, help: string, read: () => number): Metric {
  return { name, help, type: 'gauge', read: () => [[{}, read()]] }
}

function counter(name: string, help: string, read: () => Iterable<Valued<number>>): Metric {
  return { name, help, type: 'counter', read }
}

function histogram(name: string, help: string, read: () => Iterable<Valued<Distribution>>): Metric {
  return { name, help, type: 'histogram', read }
}

/** Everything that the meter counts. */
export function metricsOf(meter: Meter): readonly Metric[] {
  return [...ofRuns(meter), ...ofCalls(meter), ...ofRenewals(meter), ...ofIntake(meter), ...ofJournal(meter)]
}

type Tallied = Iterable<readonly [value: string, count: number]>

/** The values of one label, beside those of others. */
function* tallied(labels: Labels, name: string, tally: Tallied): Iterable<Valued<number>> {
  for (const [value, count] of tally) yield [{ ...labels, [name]: value }, count]
}

function* each<Measure, Value>(
  measures: Iterable<readonly [Labels, Measure]>,
  read: (measure: Measure, labels: Labels) => Iterable<Valued<Value>>,
): Iterable<Valued<Value>> {
  for (const [labels, measure] of measures) yield* read(measure, labels)
}

const total = ({ counts }: Distribution): number => counts.reduce((sum, count) => sum + count, 0)
const outcomes = ['completed', 'failed', 'cancelled'] as const

function ofRuns({ flows, steps }: Meter): readonly Metric[] {
  return [
    counter('tenon_runs_started_total', 'Runs that began.', () =>
      each(flows, ({ started }, labels) => [[labels, started]]),
    ),
    counter('tenon_runs_ended_total', 'Runs that ended.', () =>
      each(flows, ({ seconds }, labels) =>
        outcomes.map((outcome) => [{ ...labels, outcome }, total(seconds[outcome])] as const),
      ),
    ),
    histogram('tenon_run_duration_seconds', 'Time from the start of a run to its end.', () =>
      each(flows, ({ seconds }, labels) =>
        outcomes
          .filter((outcome) => total(seconds[outcome]) > 0)
          .map((outcome) => [{ ...labels, outcome }, seconds[outcome]] as const),
      ),
    ),
    counter('tenon_run_failures_total', 'Runs that failed, by the code of the error.', () =>
      each(flows, ({ failed }, labels) => tallied(labels, 'code', failed)),
    ),
    counter('tenon_runs_parked_total', 'Times that a run parked for a person.', () =>
      each(flows, ({ parked }, labels) => tallied(labels, 'code', parked)),
    ),
    counter('tenon_steps_ended_total', 'Steps that ended.', () =>
      each(steps, ({ completed, failed }, labels) => [
        [{ ...labels, outcome: 'completed' }, completed],
        [{ ...labels, outcome: 'failed' }, Array.from(failed).reduce((sum, [, count]) => sum + count, 0)],
      ]),
    ),
    counter('tenon_step_failures_total', 'Steps that failed, by the code of the error.', () =>
      each(steps, ({ failed }, labels) => tallied(labels, 'code', failed)),
    ),
    counter('tenon_step_attempts_total', 'Tries that the steps took that ended.', () =>
      each(steps, ({ attempts }, labels) => [[labels, attempts]]),
    ),
    counter('tenon_step_retries_total', 'Tries that failed and are repeated, by the code of the error.', () =>
      each(flows, ({ retried }, labels) => tallied(labels, 'code', retried)),
    ),
    histogram('tenon_step_duration_seconds', 'Time that the last try of a step took.', () =>
      each(steps, ({ attempts, seconds }, labels) => (attempts > 0 ? [[labels, seconds]] : [])),
    ),
  ]
}

function ofCalls({ calls }: Meter): readonly Metric[] {
  return [
    counter('tenon_calls_total', 'Calls of operations, by what they came to and the class of the status.', () =>
      each(calls, (measure, labels) =>
        (['answered', 'found', 'failed'] as const).flatMap((outcome) =>
          Array.from(tallied({ ...labels, outcome }, 'status', measure[outcome])),
        ),
      ),
    ),
    counter('tenon_call_failures_total', 'Calls that failed, by the code of the error.', () =>
      each(calls, ({ codes }, labels) => tallied(labels, 'code', codes)),
    ),
    histogram('tenon_call_duration_seconds', 'Time that a call took.', () =>
      each(calls, ({ seconds }, labels) => [[labels, seconds]]),
    ),
  ]
}

function ofRenewals({ renewals }: Meter): readonly Metric[] {
  return [
    counter('tenon_token_renewals_total', 'Times that a provider was asked for new tokens, by what it came to.', () =>
      each(renewals, (measure, labels) =>
        (['renewed', 'superseded', 'failed', 'lost'] as const).map(
          (outcome) => [{ ...labels, outcome }, measure[outcome]] as const,
        ),
      ),
    ),
    histogram('tenon_token_renewal_duration_seconds', 'Time that a provider took to answer for new tokens.', () =>
      each(renewals, ({ seconds }, labels) => [[labels, seconds]]),
    ),
  ]
}

function ofIntake({ events, webhooks }: Meter): readonly Metric[] {
  return [
    counter('tenon_events_total', 'Events that arrived.', () =>
      each(events, (measure, labels) =>
        (['accepted', 'duplicate', 'ignored'] as const).map(
          (outcome) => [{ ...labels, outcome }, measure[outcome]] as const,
        ),
      ),
    ),
    counter('tenon_webhooks_accepted_total', 'Webhook requests that were accepted.', () =>
      each(webhooks, ({ accepted }, labels) => [[labels, accepted]]),
    ),
    counter('tenon_webhooks_refused_total', 'Webhook requests that were not, by the code of the error.', () =>
      each(webhooks, ({ refused }, labels) => tallied(labels, 'code', refused)),
    ),
    histogram('tenon_webhook_duration_seconds', 'Time to answer a webhook request.', () =>
      each(webhooks, ({ seconds }, labels) => [[labels, seconds]]),
    ),
  ]
}

function ofJournal(meter: Meter): readonly Metric[] {
  const { commits } = meter
  return [
    histogram('tenon_journal_commit_writes', 'Writes that shared a commit.', () => [[{}, commits.writes]]),
    histogram('tenon_journal_commit_duration_seconds', 'Time that a commit took.', () => [[{}, commits.seconds]]),
    counter('tenon_journal_written_bytes_total', 'Bytes that were given to the journal.', () => [[{}, commits.bytes]]),
    gauge('tenon_journal_queue_writes', 'Writes that wait for the commit in progress.', () => meter.backlog.writes),
    gauge('tenon_journal_queue_bytes', 'Bytes that wait for the commit in progress.', () => meter.backlog.bytes),
  ]
}
