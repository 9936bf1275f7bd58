import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { contentHash } from '../base/ids.ts'
import type { Simulation } from './behaviour.ts'
import type { Database } from './database.ts'
import type { Outbox } from './outbox.ts'
import type { Schedule } from './schedule.ts'

export interface SimulationContext {
  readonly database: Database
  readonly clock: Clock
  readonly outbox: Outbox
  readonly schedule: Schedule
  /** With it, ids repeat from run to run. */
  readonly random: (() => number) | undefined
}

/** The account is that of the request being answered. */
export type AnsweringSimulation = { -readonly [Part in keyof Simulation]: Simulation[Part] }

export function simulationOf({ database, clock, outbox, schedule, random }: SimulationContext): AnsweringSimulation {
  const salt = random === undefined ? randomBytes(16).toString('hex') : String(random())
  // Raised at each start, so that ids of a given `random` do not come again after a restart.
  const starts = nextNumber(database, '$starts', 1)
  let made = 0
  const id = (prefix: string): string => {
    made += 1
    return prefix + contentHash(`${salt} ${starts} ${made}`).replaceAll(/[-_]/g, '0').slice(0, 24)
  }
  return {
    now: () => clock.now(),
    account: null,
    id,
    number: (series, first) => nextNumber(database, series, first),
    table: (name) => database.table(name),
    deliver: (type, body, endpoint) => outbox.add(id('wh_'), type, body, endpoint),
    later: (event, input, delayMs) => schedule.add({ id: id('pl_'), event, input, delayMs }),
  }
}

function nextNumber(database: Database, series: string, first: number): number {
  return database.transaction(() => {
    const counters = database.table<number>('$numbers')
    const next = counters.get(series) ?? first
    counters.put(series, next + 1)
    return next
  })
}
