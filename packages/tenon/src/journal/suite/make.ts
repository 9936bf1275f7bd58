import type {
  Append,
  EventMessage,
  Journal,
  NewEntry,
  NewWait,
  RunMessage,
  Start,
  StartMessage,
  StateChange,
} from '../journal.ts'

/** Short ways to say what a test is about; everything else is of no interest to it. */

export const tenant = 'acme'

export function entry(body: string, at = 10): NewEntry {
  return { at, kind: 'step', step: `step-${body}`, body: JSON.stringify(body), format: 1 }
}

/** Under which a handle that owns the run writes; where its key decides, that is named. */
export function epochOf({ ownership }: Journal, run: string, key: string | null = null, of: string = tenant): number {
  return ownership.epochOf({ tenant: of, run, flow: 'order-paid', key }) ?? 0
}

export function append(
  journal: Journal,
  run: string,
  after: number,
  parts: Partial<Append> & { readonly bodies?: readonly string[] } = {},
): Append {
  const { bodies = [], ...rest } = parts
  const epoch = epochOf(journal, run, null, parts.tenant)
  return { tenant, run, epoch, after, entries: bodies.map((body) => entry(body)), ...rest }
}

export function state(status: StateChange['status'], parts: Partial<StateChange> = {}): StateChange {
  return { status, wakeAt: null, code: null, leaveLine: status === 'completed' || status === 'cancelled', ...parts }
}

export function start(run: string, parts: Partial<Start> = {}): Start {
  return { run, flow: 'order-paid', version: 1, key: null, input: null, ...parts }
}

export function startMessage(run: string, parts: Partial<Start> = {}): StartMessage {
  return { kind: 'start', tenant, at: 1, start: { ...start(run, parts), input: '{"of":"start"}' } }
}

export function event(key: string, parts: Partial<EventMessage> = {}): EventMessage {
  return {
    kind: 'event',
    tenant,
    at: 1,
    key,
    type: 'order.paid',
    body: `{"id":"${key}"}`,
    starts: [],
    fields: null,
    keepUntil: 0,
    dedupeUntil: 1000,
    ...parts,
  }
}

export function delivered(
  key: string,
  fields: Readonly<Record<string, string>>,
  parts: Partial<EventMessage> = {},
): EventMessage {
  return event(key, { type: 'shipment.delivered', fields, keepUntil: 1000, at: 5, ...parts })
}

export function wait(step: string, match: Readonly<Record<string, string>>, parts: Partial<NewWait> = {}): NewWait {
  return { step, type: 'shipment.delivered', match, since: 0, ...parts }
}

export function message(run: string, id: string, parts: Partial<RunMessage> = {}): RunMessage {
  return { kind: 'message', tenant, at: 5, run, id, type: 'signal', name: 'go', body: '"now"', to: 'living', ...parts }
}

export function runsOf(rows: readonly { readonly run: string }[]): string[] {
  return rows.map((row) => row.run)
}

/** Starts runs one after another, so that their order is certain. */
export async function started(journal: Journal, ...runs: readonly (string | Start)[]): Promise<void> {
  for (const run of runs) {
    const one = typeof run === 'string' ? start(run) : run
    await journal.deliver({ kind: 'start', tenant, at: 1, start: { ...one, input: one.input ?? 'null' } })
  }
}
