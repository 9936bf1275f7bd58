import type { Clock } from '../base/clock.ts'
import type { ManagedVault } from '../connection/vault.ts'
import type { Engine } from '../engine/engine.ts'
import type { JournalWork } from '../journal/journal.ts'
import type { Membership } from '../journal/ownership.ts'
import type { BudgetRound } from '../outbound/budget/round.ts'
import type { RunningSimulator } from '../simulator/simulator.ts'
import type { Store } from '../store/store.ts'
import type { Exposition } from '../telemetry/exposition.ts'
import type { IntakeMeter } from '../telemetry/meter.ts'
import type { Log } from '../telemetry/telemetry.ts'
import type { Hooks } from '../trigger/hooks.ts'
import type { Connecting } from './connect/connecting.ts'
import type { AuditTrail } from './audit.ts'
import type { Limits } from './limits.ts'
import type { Live } from './live/live.ts'
import type { Relay } from './live/relay.ts'
import type { ConsoleFiles } from './console/files.ts'
import type { Operator } from './gate.ts'
import type { Route } from './route.ts'
import type { Senders } from './senders.ts'
import type { SessionCookie } from './session/cookie.ts'
import type { Sessions } from './session/sessions.ts'
import type { Tenants } from './tenants/tenants.ts'
import type { Site } from './session/site.ts'

/** The part of a journal that a deploy check reads. */
export type ReadableJournal = Pick<JournalWork, 'load' | 'values'>

export type ServerState = 'starting' | 'ready' | 'draining'

export interface SignInLink {
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What the routes work with. */
export interface ServerContext {
  readonly engine: Engine
  readonly webhooks: Hooks
  readonly senders: Senders
  readonly simulators: readonly RunningSimulator[]
  readonly operator: Operator
  readonly journal: ReadableJournal | null
  /** As a node among others; `null` for one by itself. */
  readonly membership: Membership | null
  /** `null` where there are not several databases. */
  readonly tenants: Tenants | null
  readonly store: Store
  readonly vault: ManagedVault
  /** Of all nodes. */
  readonly budgets: BudgetRound
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly log: Log
  /** Takes known secrets out of a text. */
  readonly redact: (text: string) => string
  readonly meter: IntakeMeter | null
  /** `null` where nothing is measured. */
  readonly metrics: (() => Exposition) | null
  /** Only this machine can reach the server, and no proxy offers it to others. */
  readonly isLocal: boolean
  readonly limits: Limits
  /** The name of the app, as its project calls itself. */
  readonly appName: string
  readonly startedAt: number
  readonly state: { current: ServerState }
  readonly site: Site
  readonly sessions: Sessions
  readonly live: Live
  /** Tells what happens here to those who watch at other nodes; `null` where there are none. */
  readonly relay: Relay | null
  /** The built console; `null` where it is not installed. */
  readonly files: ConsoleFiles | null
  readonly cookie: SessionCookie
  /** What accounts are connected by; `null` where none can be. */
  readonly connecting: Connecting | null
  /** Where people reach this server. */
  readonly publicUrl: () => string
  /** A new one-time link for a person of that name. */
  readonly signInLink: (by: string) => Promise<SignInLink>
  /** All routes of this server; complete before the first request. */
  readonly routes: readonly Route[]
}
