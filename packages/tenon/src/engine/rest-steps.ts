import { durationMs } from '../base/duration.ts'
import { TenonError, TimeoutError } from '../base/errors.ts'
import { decode, encode } from '../base/json.ts'
import type { Flow } from '../definition/flow.ts'
import type { EventTrigger, SignalSource } from '../definition/trigger.ts'
import type { Command, Host } from './command.ts'
import { write, type EntryBodies } from './entries.ts'
import { checkInput, encodeManualEvent } from './messages.ts'
import { restoreError } from './outcome.ts'
import { requireFlow } from './plan.ts'
import type { Additions } from './recorder.ts'

const nothing = encode(undefined)

/** Rests until a moment. */
export function sleepStep(host: Host, until: (startMs: number) => number): (command: Command) => void {
  return (command) => {
    const now = host.services.clock.now()
    if (command.begun === null) begin(host, command, { until: until(now) })
    const end = command.begun?.until ?? now
    if (end <= now) return host.succeed(command, nothing)
    host.rest(command, end)
  }
}

export interface WaitSpec {
  readonly name: string
  readonly source: EventTrigger | SignalSource
  readonly match: Readonly<Record<string, string>>
  /** `null`: since the run was started. */
  readonly sinceMs: number | null
  readonly timeoutMs: number | null
}

/** Rests until an event or a signal of that kind comes, or time is up. */
export function waitStep(host: Host, spec: WaitSpec): (command: Command) => void {
  return (command) => {
    const now = host.services.clock.now()
    const signal = host.mail.takeSignal(spec.name)
    if (signal !== null) {
      const event = {
        id: `${host.row.run}/${signal.seq}`,
        type: 'signal',
        source: 'signal',
        time: new Date(now),
        data: signal.data,
      }
      return host.succeed(command, encode(event), {
        signal: signal.seq,
        ...(command.begun === null ? {} : { endedWait: command.name }),
      })
    }
    if (command.begun === null) beginWait(host, command, spec, now)
    const until = command.begun?.until ?? null
    // What came in time may still lie in the inbox, or be on its way from there into the journal.
    const isAllIn = !host.recorder.isBusy && !host.hasMail
    if (until !== null && until <= now && isAllIn) {
      const error = new TimeoutError(`waited for ${spec.name} until ${new Date(until).toISOString()}, nothing came`)
      return host.fail(command, error, 'answered', { endedWait: command.name })
    }
    host.rest(command, until)
  }
}

function beginWait(host: Host, command: Command, spec: WaitSpec, now: number): void {
  const until = spec.timeoutMs === null ? null : now + spec.timeoutMs
  const { name, source, match, sinceMs } = spec
  if (source.kind === 'signal') return begin(host, command, { until, w: name })
  const wait = { step: command.name, type: `${source.connector.name}/${source.type}`, match, since: sinceMs }
  begin(host, command, { until, w: name, m: { ...match } }, { wait })
}

function begin(host: Host, command: Command, rest: Rest, additions: Additions | null = null): void {
  const now = host.services.clock.now()
  command.startedAt = now
  command.begun = { h: command.hash, t: command.kind, s: now, ...rest }
  host.note(write('begun', command.name, now, command.begun), additions)
}

type Rest = Pick<EntryBodies['begun'], 'until' | 'w' | 'm'>

/** Starts another run in the same commit that records it. */
export function childStep(host: Host, flow: Flow, encoded: string): (command: Command) => void {
  return (command) => {
    const { row, services } = host
    const now = services.clock.now()
    command.startedAt = now
    try {
      const plan = requireFlow(services.planOf(flow.name, flow.version), flow.name)
      const event = checkInput(plan, decode(encoded))
      const run = services.newRunId(row.tenant, plan, now)
      const key = keyOfChild(flow, event, now)
      const start = {
        run,
        flow: plan.name,
        version: plan.version,
        key,
        input: encodeManualEvent(run, `flow/${row.flow}`, now, event),
        parent: { run: row.run, step: command.name },
      }
      host.succeed(command, encode({ run, key, step: command.name }), { start })
    } catch (error) {
      host.fail(command, error, 'answered')
    }
  }
}

function keyOfChild(flow: Flow, data: unknown, now: number): string | null {
  if (flow.options.key === undefined) return null
  return String(flow.options.key({ id: '', type: 'manual', source: 'manual', time: new Date(now), data }))
}

/** Rests until a child run has ended. */
export function childResultStep(
  host: Host,
  child: { readonly step: string; readonly flow: string; readonly key: string | null },
): (command: Command) => void {
  return (command) => {
    const end = host.mail.childEnd(child.step)
    if (end !== null) {
      if (end.e === undefined) return host.succeed(command, encode(end.v))
      return host.fail(command, restoreError(end.e), 'answered')
    }
    const { row } = host
    if (row.inLine && row.key !== null && row.key === child.key && row.flow === child.flow) {
      return host.fail(
        command,
        new TenonError(
          'KEY_HELD',
          `this run holds the key ${row.key}, which the run it waits for needs; it would wait for ever`,
        ),
        'answered',
      )
    }
    if (command.begun === null) begin(host, command, { until: null, w: child.step })
    host.rest(command, null)
  }
}

export function untilOf(when: string | Date): (startMs: number) => number {
  if (when instanceof Date) {
    const at = when.getTime()
    if (Number.isNaN(at)) throw new TenonError('DURATION_INVALID', 'step.sleep was given an invalid date')
    return () => at
  }
  const ms = durationMs(when, 'duration of step.sleep')
  return (start) => start + ms
}
