import type { AppendReceipt, InboxMessage, RunKey, RunRow, StateChange } from '../journal/journal.ts'
import { decode } from '../base/json.ts'
import type { Fate } from '../outbound/retry.ts'
import type { Command, Services } from './command.ts'
import { CommandBook, type Asked } from './command-book.ts'
import { endOf, endingOf, stoppedBy, withUndoFailures, type Ending, type StepFailure } from './ending.ts'
import { write, type EntryBodies, type Written } from './entries.ts'
import type { History } from './history.ts'
import { takeMessage, type Receiver } from './inbox.ts'
import { Mailbox } from './mailbox.ts'
import type { StoredEvent } from './messages.ts'
import { restoreError, storeError } from './outcome.ts'
import type { FlowPlan } from './plan.ts'
import { Recorder, type Additions } from './recorder.ts'
import { replayEntry, type Difference, type StepEntry } from './replay.ts'
import { restOf } from './rest.ts'
import { contextOf, runAsStep } from './step.ts'
import { parkDiverged } from './parking.ts'
import { tellEnd, tellRest, tellStep } from './telling.ts'
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

/** How a run left memory. */
export interface Leaving {
  readonly how: 'waiting' | 'parked' | 'ended' | 'diverged' | 'replayed' | 'lost' | 'drained'
  readonly wakeAt: number | null
  /** What the journal said runs that may go on now, or have something in their inbox; `null` when its answer was lost. */
  readonly receipt: Extract<AppendReceipt, { outcome: 'written' }> | null
  readonly difference: Difference | null
}

type Result = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Error; readonly fate: Fate }
type Delivery = Result & { readonly command: Command; readonly at: number; readonly seq: number }

/** One run in memory: replays its journal, then makes its steps go on, until it ends or rests. */
export class Execution implements Receiver {
  readonly row: RunRow
  readonly plan: FlowPlan
  readonly services: Services
  readonly book: CommandBook = new CommandBook()
  readonly mail: Mailbox = new Mailbox()
  readonly #options: ExecutionOptions
  readonly #recorder: Recorder
  readonly #undoing = new Undoing()
  readonly #failures: StepFailure[] = []
  readonly #leftBehind = new Map<string, StepEntry>()
  readonly #changed: Set<string>
  readonly #deliveries: Delivery[] = []
  readonly #taken = new Set<number>()
  #cursor = 0
  #phase: 'replaying' | 'live' | 'gone' = 'replaying'
  #isQuietAsked = false
  #isAdvancing = false
  #isPoked = false
  #reads = 0
  #isUndone = false
  #inFlight = 0
  #ending: Ending | null = null
  #stopTimer: () => void = () => undefined
  /** The run's time: when the latest thing that it has learnt became known. */
  time: number

  constructor(options: ExecutionOptions) {
    const { row, services } = options
    this.#options = options
    this.row = row
    this.plan = options.plan
    this.services = services
    this.#changed = new Set(options.history.changed)
    this.time = row.createdAt
    this.#recorder = new Recorder({
      journal: services.journal,
      clock: services.clock,
      key: row,
      lastSeq: row.lastSeq,
      initialState: row.status === 'waiting' || row.status === 'parked' ? { status: 'ready', wakeAt: null, code: null, leaveLine: false } : null,
      onDurable: () => this.#advance(),
      onLost: (reason) => this.#lose(reason),
    })
  }

  start(): void {
    const context = contextOf(this, this.#options.event)
    this.#follow(() => this.plan.flow.options.run(context as never))
  }

  /** Something may be in its inbox. */
  poke(): void {
    this.#isPoked = true
    this.#advance()
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get isAtRest(): boolean {
    return this.#inFlight === 0 && !this.#recorder.isBusy
  }

  /** Leaves memory as it is; what is not in the journal is done again at the next start. */
  abandon(): void {
    this.#leave('drained', null, null)
  }

  ask(asked: Asked): Promise<unknown> {
    const isOver = this.#phase === 'gone' || (this.#ending !== null && !this.#undoing.isActive)
    if (isOver) return new Promise(() => undefined)
    this.#askQuiet()
    return this.book.ask(asked, this.#undoing.scope, this.time)
  }

  hasChanged(id: string): boolean {
    if (this.#changed.has(id)) return true
    // The journal holds something that the run did after this point: it passed here before the change.
    if (this.#cursor < this.#options.history.entries.length || this.book.isAnythingBegun) return false
    this.#changed.add(id)
    this.note(write('changed', null, this.services.clock.now(), { id }))
    return true
  }

  takeSignal(name: string): { readonly seq: number; readonly data: unknown } | null {
    return this.mail.takeSignal(name)
  }

  takeChildEnd(step: string): EntryBodies['child'] | null {
    return this.mail.childEnd(step)
  }

  generationOf(step: string): number {
    return this.#options.history.generations.get(step) ?? 0
  }

  running(command: Command): void {
    command.state = 'running'
    this.#inFlight += 1
  }

  rest(command: Command, wakeAt: number | null): void {
    if (command.state === 'running') this.#inFlight -= 1
    command.state = 'waiting'
    command.wakeAt = wakeAt
    this.#advance()
  }

  note(written: Written | null, additions: Additions | null = null, whenDurable?: (seq: number) => void): void {
    if (this.#phase === 'gone' || this.#options.isDry) return
    this.#recorder.record(written, additions, whenDurable && ((_receipt, seq) => whenDurable(seq)))
    this.#advance()
  }

  succeed(command: Command, encoded: string, additions: (Additions & { readonly signal?: number }) | null = null): void {
    const now = this.services.clock.now()
    const { hash: h, kind: t, attempt: a, startedAt } = command
    const signal = additions?.signal
    const body = { h, t, a, s: startedAt || now, ...(signal !== undefined && { sig: signal }) }
    this.#settle(command, write('step', command.name, now, body, { encoded }), additions, { ok: true, value: encoded })
  }

  fail(command: Command, error: unknown, fate: Fate, additions: Additions | null = null): void {
    const now = this.services.clock.now()
    const { hash: h, kind: t, attempt: a, startedAt } = command
    const e = storeError(error)
    this.#settle(command, write('step', command.name, now, { h, t, a, s: startedAt || now, e, f: fate }), additions, { ok: false, error: restoreError(e), fate })
  }

  #settle(command: Command, written: Written, additions: Additions | null, result: Result): void {
    if (command.state === 'running') this.#inFlight -= 1
    if (this.#phase === 'gone') return
    this.book.close(command)
    const { at } = written.entry
    this.#recorder.record(written, additions, (_receipt, seq) => {
      // Decoded from what was stored, so that the function gets the same live as on replay.
      this.#deliveries.push(result.ok ? { command, at, seq, ok: true, value: decode(result.value as string) } : { command, at, seq, ...result })
      this.#tell(command, result, at)
    })
    this.#advance()
  }

  #follow(main: () => unknown): void {
    const over = (result: Parameters<typeof endingOf>[0]): void => {
      if (this.#phase === 'gone') return
      this.#ending ??= endingOf(result)
      this.#askQuiet()
    }
    // The call itself waits for a microtask: what it throws at once is a rejection too.
    Promise.resolve().then(main).then((value) => over({ ok: true, value }), (error: unknown) => over({ ok: false, error }))
    this.#askQuiet()
  }

  #askQuiet(): void {
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
    if (!this.#isGone()) this.#recorder.flush()
  }

  #isGone(): boolean {
    return this.#phase === 'gone'
  }

  #step(): void {
    if (this.#phase === 'replaying' && !this.#replay()) return
    const delivery = this.#deliveries.shift()
    if (delivery !== undefined) return this.#deliver(delivery)
    if (this.#isPoked) this.#readInbox()
    this.#begin()
    if (!this.#recorder.isBusy && this.#reads === 0 && !this.#isQuietAsked && !this.services.isDraining()) this.#rest()
  }

  // Delivers strictly in the journal's order, one result at a time, the function quiet between two. True when all of it is replayed.
  #replay(): boolean {
    const { entries } = this.#options.history
    while (this.#cursor < entries.length) {
      const entry = entries[this.#cursor]!
      const replayed = replayEntry(entry, this.book, this.mail, this.#options.history)
      if (replayed.what === 'differs') {
        this.#park(replayed.difference)
        return false
      }
      this.#cursor += 1
      if (replayed.what === 'result') {
        this.book.close(replayed.command)
        const { body, at, seq } = replayed.entry
        const result: Result = body.e === undefined ? { ok: true, value: body.v } : { ok: false, error: restoreError(body.e), fate: body.f ?? 'answered' }
        this.#deliver({ command: replayed.command, at, seq, ...result })
        return false
      }
      if (replayed.what === 'left-behind' && replayed.entry.kind === 'step') this.#leftBehind.set(replayed.entry.step, replayed.entry)
      if (replayed.what === 'stopped') this.#ending = stoppedBy(replayed.entry.body)
      if (replayed.what === 'undoing') {
        if (this.#ending === null) this.#park({ seq: entry.seq, expected: 'the end of the flow by an error', found: 'the flow goes on' })
        else this.#undo()
        return false
      }
    }
    if (this.#options.isDry) {
      this.#leave('replayed', null, null)
      return false
    }
    this.#phase = 'live'
    for (const command of this.book.fresh) {
      const isMaybe = this.#options.isResumed || this.#options.history.maybe.has(command.name)
      if (isMaybe && !command.isDecided) command.mayHaveHappened = true
    }
    this.#takeInbox(this.#options.inbox)
    return true
  }

  #deliver(delivery: Delivery): void {
    const { command } = delivery
    this.time = delivery.at
    this.#askQuiet()
    if (delivery.ok) {
      this.#undoing.register(command, delivery.value)
      if (this.#ending === null || this.#undoing.isActive) command.resolve(delivery.value)
      return
    }
    const { error, fate, seq } = delivery
    this.#failures.push({ error, seq, step: command.name, fate })
    if (this.#ending === null || this.#undoing.isActive) command.reject(error)
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
      if ((leaves && this.#recorder.isBusy) || this.services.isDraining()) held.push(command)
      else if (!this.#takeLeftBehind(command)) command.go(command)
    }
    this.book.fresh.unshift(...held)
  }

  #takeLeftBehind(command: Command): boolean {
    const entry = this.#leftBehind.get(command.name)
    if (entry === undefined || entry.body.h !== command.hash) return false
    this.#leftBehind.delete(command.name)
    const at = this.services.clock.now()
    const { v, e, f } = entry.body
    const result: Result = e === undefined ? { ok: true, value: v } : { ok: false, error: restoreError(e), fate: f ?? 'answered' }
    this.book.close(command)
    // Written again where it is taken, so that the next replay delivers it at this point.
    this.#recorder.record(write('step', command.name, at, entry.body), null, (_receipt, seq) => {
      this.#deliveries.push({ command, at, seq, ...result })
    })
    return true
  }

  #rest(): void {
    const { deadline } = this
    const { lingerMs, clock } = this.services
    const rest = restOf({ open: this.book.open, ending: this.#ending, isUndoing: this.#undoing.isActive && !this.#isUndone, deadline, inFlight: this.#inFlight, now: clock.now(), lingerMs })
    this.#stopTimer()
    switch (rest.what) {
      case 'due':
        this.#again(rest.commands)
        return
      case 'expired':
        this.#expire()
        return
      case 'over':
        this.#finish()
        return
      case 'stay':
        if (rest.until !== null) this.#stopTimer = clock.after(rest.until - clock.now(), () => this.#advance())
        return
      case 'leave':
        this.#leaveUntil(rest.parked, rest.wakeAt)
    }
  }

  get deadline(): number | null {
    return this.plan.timeoutMs === null ? null : this.row.createdAt + this.plan.timeoutMs
  }

  #again(commands: Iterable<Command>): void {
    for (const command of commands) {
      command.state = 'asked'
      this.book.fresh.push(command)
    }
    this.#askQuiet()
  }

  wake(mayGoOn: (command: Command) => boolean): void {
    this.#again([...this.book.open].filter((command) => command.state === 'waiting' && mayGoOn(command)))
  }

  #readInbox(): void {
    this.#isPoked = false
    this.#reads += 1
    const read = (messages: readonly InboxMessage[]): void => {
      this.#reads -= 1
      if (this.#phase !== 'gone') this.#takeInbox(messages)
      this.#advance()
    }
    this.services.journal.inbox(this.row).then(read, (error: unknown) => {
      this.services.log('inbox.unreadable', { run: this.row.run, error })
      this.services.clock.after(1000, () => {
        this.#isPoked = true
        read([])
      })
    })
  }

  #takeInbox(messages: readonly InboxMessage[]): void {
    for (const message of messages) {
      if (this.#taken.has(message.position)) continue
      this.#taken.add(message.position)
      takeMessage(this, message)
    }
  }

  get isOver(): boolean {
    return this.#ending !== null
  }

  stop(cancel: EntryBodies['cancel']): void {
    this.#ending ??= stoppedBy(cancel)
    for (const child of this.mail.openChildren) this.services.cancelRun({ tenant: this.row.tenant, run: child }, `the run ${this.row.run} that started it was cancelled`, `${this.row.run}/cancel`)
    this.#askQuiet()
  }

  #expire(): void {
    const cancel = { reason: `the run took longer than its timeout of ${this.plan.flow.options.timeout ?? ''}`, timeout: true }
    this.note(write('cancel', null, this.services.clock.now(), cancel), null, () => this.stop(cancel))
  }

  #finish(): void {
    const ending = this.#ending!
    if (this.#undoing.isActive && !this.#isUndone) return
    if (ending.how !== 'completed' && this.#undoing.isNeeded) {
      const written = write('undo', null, this.services.clock.now(), { n: this.#undoing.count })
      this.note(written, { endedWaits: this.#openWaits() }, () => this.#undo())
      return
    }
    const at = this.services.clock.now()
    const last = withUndoFailures(ending, this.#undoing.failures)
    const { written, state } = endOf(last, { plan: this.plan, at, failures: this.#failures, undone: this.#isUndone })
    this.#recorder.record(written, { state, endedWaits: this.#openWaits() }, (receipt) => {
      tellEnd(this, last, at)
      this.#leave('ended', null, receipt)
    })
  }

  #openWaits(): string[] {
    return [...this.book.open].filter((command) => command.kind === 'wait' && command.begun !== null).map((command) => command.name)
  }

  // Everything that the function still waited for is given up; from here on only the way back asks for steps.
  #undo(): void {
    for (const command of this.book.open) this.book.close(command)
    this.book.fresh = []
    this.#undoing.begin()
    const walked = this.#undoing.walk((body) => runAsStep(this, body))
    void walked.then(() => {
      this.#isUndone = true
      this.#askQuiet()
    })
    this.#askQuiet()
  }

  #leaveUntil(parked: boolean, wakeAt: number | null): void {
    const leaveLine = parked ? this.plan.skipsBlocked : this.plan.keyUntilFirstWait
    const state: StateChange = { status: parked ? 'parked' : 'waiting', wakeAt, code: parked ? 'OUTCOME_UNKNOWN' : null, leaveLine }
    this.#recorder.record(null, { state }, (receipt) => {
      const isReached = receipt.outcome === 'written' && receipt.reached.some(({ run }) => run === this.row.run)
      if (isReached) this.#isPoked = true
      if (this.#isPoked || this.#reads > 0) return
      tellRest(this, parked, wakeAt)
      this.#leave(parked ? 'parked' : 'waiting', wakeAt, receipt)
    })
  }

  #park(difference: Difference): void {
    if (this.#options.isDry) return this.#leave('diverged', null, null, difference)
    const { history, inbox } = this.#options
    parkDiverged({ recorder: this.#recorder, execution: this, history: history.entries, inbox, difference }, (receipt) => this.#leave('diverged', null, receipt, difference))
  }

  #tell(command: Command, result: Result, at: number): void {
    if (this.services.hasListeners()) tellStep(this, command, result.ok ? null : result.error, at)
  }

  #lose(reason: AppendReceipt | Error): void {
    this.services.log('run.lost', { run: this.row.run, reason })
    this.#leave('lost', null, null)
  }

  #leave(how: Leaving['how'], wakeAt: number | null, receipt: AppendReceipt | null, difference: Difference | null = null): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#stopTimer()
    this.#recorder.stop()
    this.#options.onLeft({ how, wakeAt, receipt: receipt?.outcome === 'written' ? receipt : null, difference })
  }
}
