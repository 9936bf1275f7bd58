import type { RunRow } from '../journal/journal.ts'
import { messageOf } from '../base/errors.ts'
import type { Command, Services } from './command.ts'
import type { CommandBook } from './command-book.ts'
import type { Ending } from './ending.ts'
import { codeOf } from './outcome.ts'

/** A run of which others are told. */
export interface Told {
  readonly row: RunRow
  readonly services: Services
  readonly book: CommandBook
}

/** Tells listeners that a run is in memory. */
export function tellBegin(
  { tenant, run, flow, key, lastSeq }: RunRow,
  { isHeard, emit, meter, clock }: Services,
): void {
  const name = lastSeq === 0 ? 'run.started' : 'run.resumed'
  if (lastSeq === 0) meter.runStarted(flow)
  if (isHeard(name)) emit({ name, at: clock.now(), tenant, run, flow, key })
}

/** Tells listeners how a step ended. */
export function tellStep({ row, services }: Told, command: Command, error: Error | null, at: number): void {
  const facts = { at, tenant: row.tenant, run: row.run, flow: row.flow, step: command.name, attempt: command.attempt }
  if (error === null) services.emit({ name: 'step.completed', ...facts, tookMs: at - (command.startedAt || at) })
  else services.emit({ name: 'step.failed', ...facts, code: codeOf(error), message: error.message, retryInMs: null })
}

export function tellRest({ row, services, book }: Told, parked: boolean, wakeAt: number | null): void {
  if (parked) services.meter.runParked(row.flow, 'OUTCOME_UNKNOWN')
  if (!services.isHeard(parked ? 'run.parked' : 'run.waited')) return
  const facts = { at: services.clock.now(), tenant: row.tenant, run: row.run, flow: row.flow }
  const open = [...book.open]
  if (!parked)
    return services.emit({
      name: 'run.waited',
      ...facts,
      for: open.map((command) => command.begun?.w ?? command.name).join(', '),
      until: wakeAt,
    })
  const unknown = open.filter((command) => command.isUnknown).map((command) => command.name)
  services.emit({
    name: 'run.parked',
    ...facts,
    code: 'OUTCOME_UNKNOWN',
    message: `it is not known whether ${unknown.join(', ')} took effect`,
  })
}

export function tellEnd({ row, services }: Told, ending: Ending, at: number): void {
  const code = ending.how === 'completed' ? '' : ending.how === 'cancelled' ? 'RUN_CANCELLED' : codeOf(ending.error)
  services.meter.runEnded(row.flow, ending.how, code, at - row.createdAt)
  if (!services.isHeard(`run.${ending.how}`)) return
  const facts = { at, tenant: row.tenant, run: row.run, flow: row.flow, tookMs: at - row.createdAt }
  if (ending.how !== 'failed') return services.emit({ name: `run.${ending.how}`, ...facts })
  services.emit({ name: 'run.failed', ...facts, code: codeOf(ending.error), message: messageOf(ending.error) })
}
