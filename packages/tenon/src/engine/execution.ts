import type { AppendReceipt, RunRow } from '../journal/journal.ts'
import type { Fate } from '../outbound/retry.ts'
import type { Command, Services } from './command.ts'
import { abortOf, type Abort } from './abort.ts'
import { beginAsked } from './beginning.ts'
import { askAgain, cancelChildren, comeToRest } from './closing.ts'
import { CommandBook, type Asked, type Watch } from './command-book.ts'
import { follow, stoppedBy, type Ending, type StepFailure } from './ending.ts'
import { write, type EntryBodies, type Written } from './entries.ts'
import { takeMessage } from './inbox.ts'
import { InboxReader } from './inbox-reader.ts'
import type { Leaving } from './leaving.ts'
import { deliverTo } from './delivering.ts'
import { Mailbox } from './mailbox.ts'
import { PassedChanges } from './passed-changes.ts'
import type { FlowPlan } from './plan.ts'
import type { Prepared } from './prepare.ts'
import { Pulse, type Beating } from './pulse.ts'
import { Recorder, type Additions, type Author, type FailureAdditions, type StepAdditions } from './recorder.ts'
import type { Difference } from './replay.ts'
import { Replayer, type Delivery } from './replayer.ts'
import { replayOn, type Replaying } from './replaying.ts'
import { Results } from './results.ts'
import { contextOf } from './step.ts'
import { parkDiverged } from './parking.ts'
import { Undoing } from './undoing.ts'

export interface ExecutionOptions extends Prepared {
  readonly plan: FlowPlan
  readonly services: Services
  /** True when an earlier stay in memory may have begun what has no entry. */
  readonly isResumed: boolean
  /** Replays only: nothing is written and nothing leaves. */
  readonly isDry: boolean
  readonly watch?: Watch
  readonly onLeft: (leaving: Leaving) => void
}

/** One run in memory: replays its journal, then makes its steps go on, until it ends or rests. */
export class Execution implements Replaying, Author, Beating {
  readonly row: RunRow
  readonly plan: FlowPlan
  readonly services: Services
  readonly book: CommandBook
  readonly mail: Mailbox = new Mailbox()
  readonly #options: ExecutionOptions
  readonly recorder: Recorder
  readonly undoing: Undoing = new Undoing()
  readonly failures: StepFailure[] = []
  readonly replayer: Replayer
  readonly #changes: PassedChanges
  readonly #results: Results
  readonly #inbox: InboxReader
  readonly #pulse: Pulse
  #phase: 'replaying' | 'live' | 'gone' = 'replaying'
  isUndone: boolean = false
  inFlight: number = 0
  ending: Ending | null = null
  isStopped: boolean = false
  readonly since: number
  #stopTimer: () => void = () => undefined
  readonly abort: Abort
  /** It begins nothing more, and will leave memory as soon as nothing is in flight. */
  isLeaving: boolean = false
  /** The run's time: when the latest thing that it has learnt became known. */
  time: number

  constructor(options: ExecutionOptions) {
    const { row, services } = (this.#options = options)
    this.replayer = new Replayer(options.history)
    this.#changes = new PassedChanges(options.history)
    this.abort = abortOf(services)
    this.row = row
    this.plan = options.plan
    this.book = new CommandBook(options.watch)
    this.services = services
    this.#inbox = new InboxReader(services, row)
    this.#pulse = new Pulse(services.whenQuiet, this)
    this.time = row.createdAt
    this.since = options.history.retriedAt ?? row.createdAt
    const { journal, clock } = services
    this.recorder = new Recorder({ journal, epoch: options.epoch, clock, row, author: this })
    this.#results = new Results(this.recorder, this)
  }

  onReceipt(receipt: AppendReceipt, isRepeated: boolean): void {
    this.services.heard(receipt)
    if (isRepeated) {
      // The first answer was lost, and with it the word that a wait which began has found its event already, or that others may go on.
      this.#inbox.poke()
      this.services.heard(null)
    }
    this.#pulse.goOn()
  }

  onLost(reason: AppendReceipt | Error): void {
    this.services.log('run.lost', { run: this.row.run, reason })
    this.leave('lost')
  }

  start(): void {
    follow(
      () => this.plan.flow.options.run(contextOf(this, this.#options.event) as never),
      (ending) => {
        this.ending ??= ending
        this.askQuiet()
      },
    )
    this.askQuiet()
  }

  /** Something may be in its inbox. */
  poke(): void {
    this.#inbox.poke()
    this.#pulse.goOn()
  }

  /** It did no harm after it was resumed: an entry of its own, so that it is not blamed for what others do. */
  standTrial(): void {
    if (this.#phase === 'live') this.note(write('resumed', null, this.services.clock.now(), {}))
  }

  /** Its function cannot go on by itself, and nothing that it asked for is still to begin. */
  get isIdle(): boolean {
    return !this.#pulse.isAwaitingQuiet && this.book.fresh.length === 0
  }

  get isAtRest(): boolean {
    return this.inFlight === 0 && !this.recorder.isBusy
  }

  ask(asked: Asked): Promise<unknown> {
    if (this.#phase === 'gone' || (this.ending !== null && !this.undoing.isActive)) return new Promise(() => undefined)
    this.askQuiet()
    return this.book.ask(asked, this.undoing.scope, this.time)
  }

  hasChanged(id: string): boolean {
    if (this.#changes.has(id)) return true
    // The journal holds something that the run did after this point: it passed here before the change.
    if (!this.replayer.isDone || this.book.isAnythingBegun) return false
    this.#changes.add(id)
    this.note(write('changed', null, this.services.clock.now(), { id }))
    return true
  }

  running(command: Command): void {
    command.state = 'running'
    command.wakeAt = null
    this.inFlight += 1
  }

  rest(command: Command, wakeAt: number | null): void {
    if (command.state === 'running') this.inFlight -= 1
    command.state = 'waiting'
    command.wakeAt = wakeAt
    this.#pulse.goOn()
  }

  note(written: Written | null, additions: Additions | null = null, whenDurable?: () => void): number {
    if (this.#isMute) return 0
    const seq = this.recorder.record(written, additions, whenDurable)
    this.#pulse.goOn()
    return seq
  }

  get #isMute(): boolean {
    return this.#phase === 'gone' || this.#options.isDry
  }

  succeed(command: Command, encoded: string, additions: StepAdditions | null = null): void {
    if (this.#settle(command)) this.#results.succeed(command, encoded, this.services.clock.now(), additions)
    this.#pulse.goOn()
  }

  fail(command: Command, error: unknown, fate: Fate, additions: FailureAdditions | null = null): void {
    if (this.#settle(command)) this.#results.fail(command, { error, fate }, this.services.clock.now(), additions)
    this.#pulse.goOn()
  }

  // False when the run has left memory meanwhile: whoever takes it up next asks again.
  #settle(command: Command): boolean {
    if (command.state === 'running') this.inFlight -= 1
    this.book.close(command)
    return this.#phase !== 'gone'
  }

  askQuiet(): void {
    this.#pulse.awaitQuiet()
  }

  /** Goes as far as it can now. Only when the function is quiet does anything reach it, or count as missing. */
  beat(): void {
    if (this.#phase === 'replaying' && !(replayOn(this) && this.#goLive())) return
    // Only here: all that becomes of a message goes into one append, and the run does not rest in the midst of it.
    for (const message of this.#inbox.take()) takeMessage(this, message)
    if (this.#pulse.isAwaitingQuiet) return
    const next = this.#results.next()
    if (next !== undefined) return 'cancel' in next ? this.#stop(next.cancel) : this.deliver(next)
    this.#inbox.read(() => this.#pulse.goOn())
    beginAsked(this)
    // What an append on its way says, or a message, could change what the run does next; what is only about to be written could not.
    const mayHear = this.recorder.isSending || this.#inbox.isReading || this.#results.isStopping
    if (!mayHear && this.isIdle && !this.isLeaving) comeToRest(this)
  }

  settled(): void {
    this.recorder.flush()
  }

  #goLive(): boolean {
    const { isDry, isResumed, history, inbox } = this.#options
    if (isDry) {
      this.leave('replayed')
      return false
    }
    this.#phase = 'live'
    for (const command of this.book.fresh) {
      if ((isResumed || history.maybe.has(command.name)) && !command.isDecided) command.mayHaveHappened = true
    }
    // The process may have ended before they were told.
    if (this.isStopped) cancelChildren(this)
    this.#inbox.arrive(inbox)
    return true
  }

  deliver(delivery: Delivery): void {
    this.time = delivery.at
    this.askQuiet()
    deliverTo(this, delivery)
  }

  takeLeftBehind(command: Command): boolean {
    const entry = this.replayer.takeLeftBehind(command)
    if (entry === null) return false
    this.book.close(command)
    this.#results.adopt(command, entry, this.services.clock.now())
    return true
  }

  /** The run does not end before this has. */
  awaits(work: Promise<unknown>): void {
    this.inFlight += 1
    void work.then(() => {
      this.inFlight -= 1
      this.#pulse.goOn()
    })
  }

  wake(mayGoOn: (command: Command) => boolean): void {
    askAgain(this, this.book.waiting(mayGoOn))
  }

  get hasMail(): boolean {
    return this.#inbox.hasMail
  }

  comeBackAt(at: number): void {
    this.#stopTimer()
    this.#stopTimer = this.services.clock.after(at - this.services.clock.now(), () => this.#pulse.goOn())
  }

  stop(cancel: EntryBodies['cancel'], at: number, additions: Additions | null = null): void {
    if (this.#isMute) return
    this.#results.stop(cancel, at, additions)
    this.#pulse.goOn()
  }

  #stop(cancel: EntryBodies['cancel']): void {
    this.ending ??= stoppedBy(cancel)
    cancelChildren(this)
    this.askQuiet()
  }

  park(difference: Difference): void {
    if (this.#options.isDry) return this.leave('diverged', { difference })
    parkDiverged({ ...this.#options, recorder: this.recorder, difference }, () =>
      this.leave('diverged', { difference }),
    )
  }

  /** Leaves memory as it is; what is not in the journal is done again by whoever takes it up next. */
  leave(how: Leaving['how'], facts: { wakeAt?: number | null; difference?: Difference } = {}): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#pulse.stop()
    this.#stopTimer()
    this.recorder.stop()
    if (this.inFlight > 0) this.abort.abort(this.row.run)
    const { wakeAt = null, difference = null } = facts
    this.#options.onLeft({ how, wakeAt, difference })
  }
}
