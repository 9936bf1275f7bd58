import { contentHash } from '../base/ids.ts'
import { notPostponed, type Command } from './command.ts'
import type { StepKind } from './entries.ts'

/** What the function asks for. */
export interface Asked {
  /** `alias.operation`, or the name that was given. */
  readonly base: string
  /** True for derived names, whose first one is `#1` too. */
  readonly isNumbered: boolean
  readonly kind: StepKind
  readonly alias?: string
  readonly hash: string
  /** Its input, encoded, where it has one. */
  readonly input?: string
  readonly undo: Command['undo']
  readonly go: (command: Command) => void
}

/** Told of each step that is asked for. */
export type Watch = (name: string, asked: Asked) => void

/** All steps that a run has asked for since it came into memory, under their names. */
export class CommandBook {
  /** All of them, in order. By name only once one is looked for: a run that just runs through looks for none. */
  readonly #all: Command[] = []
  #byName: Map<string, Command> | null = null
  readonly #counts = new Map<string, number>()
  #connections: Map<string, string> | null = null
  /** Those that are not done. */
  readonly open: Set<Command> = new Set()
  /** Asked for and not begun yet, in order. */
  fresh: Command[] = []
  readonly #watch: Watch | undefined

  constructor(watch?: Watch) {
    this.#watch = watch
  }

  ask(asked: Asked, scope: string, askedAt: number): Promise<unknown> {
    const base = scope + asked.base
    const count = (this.#counts.get(base) ?? 0) + 1
    this.#counts.set(base, count)
    const name = asked.isNumbered || count > 1 ? `${base}#${count}` : base
    this.#watch?.(name, asked)
    return new Promise((resolve, reject) => {
      const command: Command = {
        name,
        kind: asked.kind,
        alias: asked.alias ?? null,
        hash: asked.hash,
        connection: null,
        askedAt,
        go: asked.go,
        resolve,
        reject,
        undo: asked.undo,
        state: 'asked',
        attempt: 0,
        startedAt: 0,
        previousDelayMs: null,
        wakeAt: null,
        postponedBy: notPostponed,
        isSent: false,
        isUnknown: false,
        isDecided: false,
        mayHaveHappened: false,
        begun: null,
      }
      this.#all.push(command)
      this.#byName?.set(name, command)
      this.open.add(command)
      this.fresh.push(command)
    })
  }

  find(name: string): Command | undefined {
    this.#byName ??= new Map(this.#all.map((command) => [command.name, command]))
    return this.#byName.get(name)
  }

  close(command: Command): void {
    command.state = 'done'
    this.open.delete(command)
  }

  madeBy(command: Command, connection: string | undefined): void {
    if (connection === undefined || command.alias === null) return
    command.connection = connection
    const connections = (this.#connections ??= new Map())
    if (!connections.has(command.alias)) connections.set(command.alias, connection)
  }

  /** The connection that the run's calls by this alias are made by, once it was chosen. */
  connectionOf(alias: string): string | undefined {
    return this.#connections?.get(alias)
  }

  /** Resting steps that may go on. */
  waiting(mayGoOn: (command: Command) => boolean): Command[] {
    return [...this.open].filter((command) => command.state === 'waiting' && mayGoOn(command))
  }

  /** 16 random-looking characters and more, the same at every replay. */
  derive(kind: string, run: string): string {
    const name = `:${kind}`
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    return contentHash(`${run}\n${name}\n${count}`)
  }

  get isAnythingBegun(): boolean {
    for (const command of this.open) if (command.begun !== null || command.attempt > 0) return true
    return false
  }
}
