import type { Clock } from '../base/clock.ts'
import type { Client } from '../client/client.ts'
import type { AppendReceipt, Journal, RunKey, RunRow } from '../journal/journal.ts'
import type { Resting } from '../outbound/policy.ts'
import type { Fate } from '../outbound/retry.ts'
import type { RunMeter } from '../telemetry/meter.ts'
import type { CommandBook } from './command-book.ts'
import type { Happening } from './engine.ts'
import type { EntryBodies, StepKind, Written } from './entries.ts'
import type { Exchanges } from './exchanges.ts'
import type { Mailbox } from './mailbox.ts'
import type { FlowPlan } from './plan.ts'
import type { Additions, FailureAdditions, StepAdditions } from './recorder.ts'
import type { Intercept } from './try-step.ts'

/** A step that the function has asked for, and what is known of it. */
export interface Command {
  readonly name: string
  readonly kind: StepKind
  /** For a call, the name of its client in the flow. */
  readonly alias: string | null
  /** Of its encoded input: another one on replay is a divergence. */
  readonly hash: string
  /** The run's time when it was asked for: it cannot have been sent earlier. */
  readonly askedAt: number
  /** Makes the step go on from what is known of it; called again when its time comes. */
  readonly go: (command: Command) => void
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly undo: ((value: never) => unknown) | null
  /** The connection that a call was made by. */
  connection: string | null
  state: 'asked' | 'running' | 'waiting' | 'done'
  /** Tries that have begun. */
  attempt: number
  startedAt: number
  previousDelayMs: number | null
  /** When a waiting step goes on by itself, `null` for never. */
  wakeAt: number | null
  /** The codes by which the journal has it postponed since its last try. */
  postponedBy: readonly string[]
  /** A request that must not be repeated has left, or was about to. */
  isSent: boolean
  isUnknown: boolean
  /** A person said to send it again, whatever became of the first. */
  isDecided: boolean
  /** An earlier try may have reached the provider. */
  mayHaveHappened: boolean
  begun: EntryBodies['begun'] | null
}

/** Nothing in the journal says that its turn has not come. */
export const notPostponed: readonly string[] = []

/** What a step needs of the run it belongs to. */
export interface Host {
  readonly row: RunRow
  readonly services: Services
  /** Busy while something recorded is not durable yet. */
  readonly recorder: { readonly isBusy: boolean }
  /** Something came for it that it has not looked at. */
  readonly hasMail: boolean
  readonly book: CommandBook
  /** Signals and ends of child runs that came before anyone asked. */
  readonly mail: Mailbox
  readonly replayer: { generationOf(command: Command): number }
  /** Called with what a step came to; its result reaches the function in the order of the journal. */
  succeed(command: Command, encoded: string, additions?: StepAdditions | null): void
  fail(command: Command, error: unknown, fate: Fate, additions?: FailureAdditions | null): void
  /** Writes an entry about a step that goes on; its sequence. */
  note(written: Written | null, additions?: Additions | null, whenDurable?: () => void): number
  /** The step rests until then, or until something reaches it. */
  rest(command: Command, wakeAt: number | null): void
  running(command: Command): void
  /** Aborts when the run leaves memory with something in flight; `null` where no other node could go on with it meanwhile. */
  readonly abort: { readonly signal: AbortSignal | null }
  /** Others may own the run by now: it leaves memory. */
  leave(how: 'lost'): void
  /** It goes on only when all that is about to happen to it has happened. */
  askQuiet(): void
}

/** What all runs of an engine share. */
export interface Services {
  readonly journal: Journal
  readonly client: Client
  readonly clock: Clock
  readonly random: () => number
  /** Of a message. */
  readonly newId: (nowMs: number) => string
  /** Of a run of that flow, which is to be started here. */
  readonly newRunId: (tenant: string, flow: FlowPlan, nowMs: number) => string
  /** Stands between the engine and each try of a step; `null` outside tests. */
  readonly intercept: Intercept | null
  /** Somebody listens to such happenings at the moment. */
  readonly isHeard: (name: Happening['name']) => boolean
  readonly emit: (happening: Happening) => void
  /** Counts what happens to runs, also where nobody listens. */
  readonly meter: RunMeter
  readonly isDraining: () => boolean
  /** A wait shorter than this stays in memory. */
  readonly lingerMs: number
  readonly planOf: (flow: string, version?: number) => FlowPlan | null
  /** Lets everything that can run now run, then calls back. */
  readonly whenQuiet: (callback: () => void) => void
  /** Values kept out of line. */
  readonly values: Journal['values']
  /** What an append said of runs that may go on now, whoever wrote it; `null` when its answer was lost. */
  readonly heard: (receipt: AppendReceipt | null) => void
  readonly cancelRun: (run: RunKey, reason: string, id: string) => Promise<void>
  /** By whom a run is called back that rests until its turn. */
  readonly restingOf: (run: RunKey) => Resting
  /** The latest of what was sent. */
  readonly exchanges: Exchanges
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void
}
