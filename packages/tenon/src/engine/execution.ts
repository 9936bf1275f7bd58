import type { AppendReceipt, InboxMessage, RunRow } from '../journal/journal.ts'
import type { Fate } from '../outbound/retry.ts'
import type { Command, Services } from './command.ts'
import { askAgain, comeToRest, takeBack, type Closable } from './closing.ts'
import { CommandBook, type Asked } from './command-book.ts'
import { endingOf, stoppedBy, type Ending, type StepFailure } from './ending.ts'
import { write, type EntryBodies, type Written } from './entries.ts'
import type { History } from './history.ts'
import { takeMessage } from './inbox.ts'
import { InboxReader } from './inbox-reader.ts'
import type { Leaving } from './leaving.ts'
import { Mailbox } from './mailbox.ts'
import type { StoredEvent } from './messages.ts'
import type { FlowPlan } from './plan.ts'
import { Recorder, type Additions } from './recorder.ts'
import type { Difference } from './replay.ts'
import { Replayer, type Delivery } from './replayer.ts'
import { Results } from './results.ts'
import { contextOf } from './step.ts'
import { parkDiverged } from './parking.ts'
import { tellStep } from './telling.ts'
import { Undoing } from './undoing.ts'

export interface ExecutionOptions {
  readonly row: RunRow
  readonly plan: FlowPlan
  readonly event: StoredEvent
  readonly history: History
  readonly inbox: readonly InboxMessage[]
  readonly services: Services
  /** True when an earlier stay in memory may have begun what has no entry. */
  readonly isResumed: boolean
  /** Replays only: nothing is written and nothing leaves. */
  readonly isDry: boolean
  readonly onLeft: (leaving: Leaving) => void
}

/** One run in memory: replays its journal, then makes its steps go on, until it ends or rests. */
export class Execution implements Closable {
  readonly row: RunRow
  readonly plan: FlowPlan
  readonly services: Services
  readonly book: CommandBook = new CommandBook()
  readonly mail: Mailbox = new Mailbox()
  readonly #options: ExecutionOptions
  readonly recorder: Recorder
  readonly undoing: Undoing = new Undoing()
  readonly failures: StepFailure[] = []
  readonly #replayer: Replayer
  readonly #changed: Set<string>
  readonly #results: Results
  readonly #inbox: InboxReader
  #phase: 'replaying' | 'live' | 'gone' = 'replaying'
  #isQuietAsked = false
  #isAdvancing = false
  isUndone: boolean = false
  inFlight: number = 0
  ending: Ending | null = null
  #stopTimer: () => void = () => undefined
  /** The run's time: when the latest thing that it has learnt became known. */
  time: number

  constructor(options: ExecutionOptions) {
    const { row, services } = options
    this.#options = options
    this.#replayer = new Replayer(options.history)
    this.row = row
    this.plan = options.plan
    this.services = services
    this.#inbox = new InboxReader(services, row)
    this.#changed = new Set(options.history.changed)
    this.time = row.createdAt
    this.recorder = new Recorder({
      journal: services.journal,
      clock: services.clock,
      key: row,
      lastSeq: row.lastSeq,
      initialState:
        row.status === 'waiting' || row.status === 'parked'
          ? { status: 'ready', wakeAt: null, code: null, leaveLine: false }
          : null,
      onDurable: () => this.#advance(),
      onLost: (reason) => this.#lose(reason),
    })
    this.#results = new Results(this.recorder, (command, error, at) => {
      if (services.hasListeners()) tellStep(this, command, error, at)
    })
  }

  start(): void {
    const context = contextOf(this, this.#options.event)
    this.#follow(() => this.plan.flow.options.run(context as never))
  }

  /** Something may be in its inbox. */
  poke(): void {
    this.#inbox.poke()
    this.#advance()
  }

  get isAtRest(): boolean {
    return this.inFlight === 0 && !this.recorder.isBusy
  }

  /** Leaves memory as it is; what is not in the journal is done again at the next start. */
  abandon(): void {
    this.leave('drained', null, null)
  }

  ask(asked: Asked): Promise<unknown> {
    const isOver = this.#phase === 'gone' || (this.ending !== null && !this.undoing.isActive)
    if (isOver) return new Promise(() => undefined)
    this.askQuiet()
    return this.book.ask(asked, this.undoing.scope, this.time)
  }

  hasChanged(id: string): boolean {
    if (this.#changed.has(id)) return true
    // The journal holds something that the run did after this point: it passed here before the change.
    if (!this.#replayer.isDone || this.book.isAnythingBegun) return false
    this.#changed.add(id)
    this.note(write('changed', null, this.services.clock.now(), { id }))
    return true
  }

  generationOf(step: string): number {
    return this.#options.history.generations.get(step) ?? 0
  }

  running(command: Command): void {
    command.state = 'running'
    this.inFlight += 1
  }

  rest(command: Command, wakeAt: number | null): void {
    if (command.state === 'running') this.inFlight -= 1
    command.state = 'waiting'
    command.wakeAt = wakeAt
    this.#advance()
  }

  note(written: Written | null, additions: Additions | null = null, whenDurable?: (seq: number) => void): void {
    if (this.#phase === 'gone' || this.#options.isDry) return
    this.recorder.record(written, additions, whenDurable && ((_receipt, seq) => whenDurable(seq)))
    this.#advance()
  }

  succeed(
    command: Command,
    encoded: string,
    additions: (Additions & { readonly signal?: number }) | null = null,
  ): void {
    if (this.#settle(command)) this.#results.succeed(command, encoded, this.services.clock.now(), additions)
    this.#advance()
  }

  fail(command: Command, error: unknown, fate: Fate, additions: Additions | null = null): void {
    if (this.#settle(command)) this.#results.fail(command, { error, fate }, this.services.clock.now(), additions)
    this.#advance()
  }

  // False when the run has left memory meanwhile: whoever takes it up next asks again.
  #settle(command: Command): boolean {
    if (command.state === 'running') this.inFlight -= 1
    this.book.close(command)
    return this.#phase !== 'gone'
  }

  #follow(main: () => unknown): void {
    const over = (result: Parameters<typeof endingOf>[0]): void => {
      if (this.#phase === 'gone') return
      this.ending ??= endingOf(result)
      this.askQuiet()
    }
    // The call itself waits for a microtask: what it throws at once is a rejection too.
    Promise.resolve()
      .then(main)
      .then(
        (value) => over({ ok: true, value }),
        (error: unknown) => over({ ok: false, error }),
      )
    this.askQuiet()
  }

  askQuiet(): void {
    if (this.#isQuietAsked) return
    this.#isQuietAsked = true
    this.services.whenQuiet(() => {
      this.#isQuietAsked = false
      this.#advance()
    })
  }

  /** Goes as far as it can now. Only when the function is quiet does anything reach it, or count as missing. */
  #advance(): void {
    if (this.#isAdvancing || this.#phase === 'gone') return
    this.#isAdvancing = true
    if (!this.#isQuietAsked) this.#step()
    this.#isAdvancing = false
    // Checked again: the step may have made it leave.
    if (!this.#isGone()) this.recorder.flush()
  }

  #isGone(): boolean {
    return this.#phase === 'gone'
  }

  #step(): void {
    if (this.#phase === 'replaying' && !this.#replay()) return
    const delivery = this.#results.next()
    if (delivery !== undefined) return this.#deliver(delivery)
    this.#inbox.read((messages) => this.#takeInbox(messages))
    this.#begin()
    if (!this.recorder.isBusy && !this.#inbox.isReading && !this.#isQuietAsked && !this.services.isDraining())
      comeToRest(this)
  }

  // Strictly in the journal's order, one result at a time, the function quiet between two. True when the run is live.
  #replay(): boolean {
    for (;;) {
      const turn = this.#replayer.next(this.book, this.mail)
      switch (turn.what) {
        case 'result':
          this.#deliver(turn.delivery)
          return false
        case 'stopped':
          this.ending = stoppedBy(turn.cancel)
          break
        case 'undoing':
          if (this.ending === null)
            this.#park({ seq: turn.seq, expected: 'the end of the flow by an error', found: 'the flow goes on' })
          else takeBack(this)
          return false
        case 'differs':
          this.#park(turn.difference)
          return false
        case 'done':
          return this.#goLive()
      }
    }
  }

  #goLive(): boolean {
    const { isDry, isResumed, history, inbox } = this.#options
    if (isDry) {
      this.leave('replayed', null, null)
      return false
    }
    this.#phase = 'live'
    for (const command of this.book.fresh) {
      if ((isResumed || history.maybe.has(command.name)) && !command.isDecided) command.mayHaveHappened = true
    }
    this.#takeInbox(this.#inbox.fresh(inbox))
    return true
  }

  #deliver(delivery: Delivery): void {
    const { command } = delivery
    this.time = delivery.at
    this.askQuiet()
    if (delivery.ok) {
      this.undoing.register(command, delivery.value)
      if (this.ending === null || this.undoing.isActive) command.resolve(delivery.value)
      return
    }
    const { error, fate, seq } = delivery
    this.failures.push({ error, seq, step: command.name, fate })
    if (this.ending === null || this.undoing.isActive) command.reject(error)
  }

  // What leaves the process waits until every earlier entry is durable; the rest is only an entry itself.
  #begin(): void {
    const held: Command[] = []
    const { fresh } = this.book
    if (fresh.length === 0) return
    this.book.fresh = []
    for (const command of fresh) {
      const leaves = command.kind === 'call' || command.kind === 'run'
      if (command.state === 'done') continue
      if ((leaves && this.recorder.isBusy) || this.services.isDraining()) held.push(command)
      else if (!this.#takeLeftBehind(command)) command.go(command)
    }
    this.book.fresh.unshift(...held)
  }

  #takeLeftBehind(command: Command): boolean {
    const entry = this.#replayer.takeLeftBehind(command)
    if (entry === null) return false
    this.book.close(command)
    this.#results.adopt(command, entry, this.services.clock.now())
    return true
  }

  wake(mayGoOn: (command: Command) => boolean): void {
    askAgain(
      this,
      [...this.book.open].filter((command) => command.state === 'waiting' && mayGoOn(command)),
    )
  }

  get hasMail(): boolean {
    return this.#inbox.hasMail
  }

  comeBackAt(at: number): void {
    this.#stopTimer()
    this.#stopTimer = this.services.clock.after(at - this.services.clock.now(), () => this.#advance())
  }

  #takeInbox(messages: readonly InboxMessage[]): void {
    if (this.#phase === 'gone') return
    for (const message of messages) takeMessage(this, message)
    this.#advance()
  }

  get isOver(): boolean {
    return this.ending !== null
  }

  stop(cancel: EntryBodies['cancel']): void {
    this.ending ??= stoppedBy(cancel)
    for (const child of this.mail.openChildren)
      this.services.cancelRun(
        { tenant: this.row.tenant, run: child },
        `the run ${this.row.run} that started it was cancelled`,
        `${this.row.run}/cancel`,
      )
    this.askQuiet()
  }

  #park(difference: Difference): void {
    if (this.#options.isDry) return this.leave('diverged', null, null, difference)
    const { history, inbox } = this.#options
    parkDiverged({ recorder: this.recorder, execution: this, history: history.entries, inbox, difference }, (receipt) =>
      this.leave('diverged', null, receipt, difference),
    )
  }

  #lose(reason: AppendReceipt | Error): void {
    this.services.log('run.lost', { run: this.row.run, reason })
    this.leave('lost', null, null)
  }

  leave(
    how: Leaving['how'],
    wakeAt: number | null,
    receipt: AppendReceipt | null,
    difference: Difference | null = null,
  ): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#stopTimer()
    this.recorder.stop()
    this.#options.onLeft({ how, wakeAt, receipt: receipt?.outcome === 'written' ? receipt : null, difference })
  }
}
