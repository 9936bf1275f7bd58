import type { Clock } from '../base/clock.ts'
import type { Engine } from '../engine/engine.ts'
import type { JournalWork } from '../journal/journal.ts'
import type { RunningSimulator } from '../simulator/simulator.ts'
import type { Exposition } from '../telemetry/exposition.ts'
import type { IntakeMeter } from '../telemetry/meter.ts'
import type { Log } from '../telemetry/telemetry.ts'
import type { Webhook } from '../trigger/webhook.ts'
import type { Limits } from './limits.ts'
import type { Operator } from './operator.ts'
import type { Route } from './route.ts'

/** The part of a journal that a deploy check reads. */
export type ReadableJournal = Pick<JournalWork, 'load' | 'values'>

export type ServerState = 'starting' | 'ready' | 'draining'

/** What the routes work with. */
export interface ServerContext {
  readonly engine: Engine
  readonly webhooks: readonly Webhook[]
  readonly simulators: readonly RunningSimulator[]
  readonly operator: Operator
  readonly journal: ReadableJournal | null
  readonly clock: Clock
  readonly log: Log
  readonly meter: IntakeMeter | null
  /** `null` where nothing is measured. */
  readonly metrics: (() => Exposition) | null
  /** Only this machine can reach the server. */
  readonly isLocal: boolean
  readonly limits: Limits
  /** The name of the app, as its project calls itself. */
  readonly appName: string
  readonly startedAt: number
  readonly state: { current: ServerState }
  /** All routes of this server; complete before the first request. */
  readonly routes: readonly Route[]
}
