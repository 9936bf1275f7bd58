import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { createClient, type OpenClient } from '../client/client.ts'
import type { ClientCertificate } from '../connection/auth-scheme.ts'
import type { Connections } from '../connection/connection.ts'
import type { App } from '../definition/app.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { createEngine } from '../engine/create-engine.ts'
import { describeRun, readRun } from '../engine/describe.ts'
import type { Engine, Happening } from '../engine/engine.ts'
import type { RunView } from '../engine/view.ts'
import { memoryJournal, type MemoryJournal, type MemoryState } from '../journal/memory.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import type { Transport } from '../outbound/outbound.ts'
import type { PolicyDefinition } from '../outbound/policy.ts'
import type { WebhookReply } from '../simulator/simulator.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { startSchedules } from '../trigger/schedule.ts'
import { createHooks } from '../trigger/hooks.ts'
import type { Webhook } from '../trigger/webhook.ts'
import type { Attempts } from './attempts.ts'
import { mortalClock } from './virtual-clock.ts'

export interface LifeOptions {
  readonly app: App
  /** What an earlier life left behind. */
  readonly state: MemoryState | null
  readonly connections: Connections
  readonly policies: readonly PolicyDefinition[]
  readonly clock: Clock
  readonly attempts: Attempts
  readonly random: () => number
  readonly newId: (nowMs: number) => string
  readonly transportFor: (connection: ResolvedConnection, clock: Clock, tls: ClientCertificate | undefined) => Transport
  readonly hear: (happening: Happening) => void
  readonly log: Log
}

export const tenant = 'default'

/** One life of the process: everything in it dies together, and the journal stays. */
export class Life {
  readonly #options: LifeOptions
  readonly #clock: ReturnType<typeof mortalClock>
  readonly #journal: MemoryJournal
  readonly #client: OpenClient
  readonly #death = Promise.withResolvers<null>()
  #engine: Engine | null = null
  #webhooks: readonly Webhook[] = []
  #stopSchedules: () => void = () => undefined
  #state: MemoryState | null = null

  constructor(options: LifeOptions) {
    const { app, state, connections, policies, random, transportFor } = options
    const { policies: policyOptions } = app.options
    this.#options = options
    this.#clock = mortalClock(options.clock)
    this.#journal = memoryJournal({ clock: this.#clock, ...(state !== null && { state }) })
    this.#client = createClient({
      connections,
      policies,
      ...(policyOptions && { policyOptions }),
      random,
      clock: this.#clock,
      transportFor: (connection, tls) => transportFor(connection, this.#clock, tls),
    })
  }

  get isAlive(): boolean {
    return this.#state === null
  }

  /** What it left behind; `null` while it lives. */
  get state(): MemoryState | null {
    return this.#state
  }

  /** Brings everything up, as the server does. */
  async open(): Promise<void> {
    const { app, attempts, random, newId, connections, hear, log } = this.#options
    const engine = await createEngine({
      app,
      journal: this.#journal,
      client: attempts.watch(this.#client),
      clock: this.#clock,
      random,
      newId,
      intercept: attempts.intercept(this),
      // A run leaves memory whenever it waits, so that each wait proves that its code replays.
      lingerMs: 0,
      watches: false,
      log: (event, facts) => log.warn(event, facts),
    })
    if (!this.isAlive) return
    engine.listen(hear)
    const context = { engine, tenant, clock: this.#clock, log }
    this.#webhooks = createHooks(app, connections, context).all
    this.#engine = engine
    const schedules = await startSchedules(app, this.#journal, context)
    this.#stopSchedules = () => schedules.stop()
  }

  /** Ends as by `kill -9`. */
  crash(): void {
    if (!this.isAlive) return
    this.#state = this.#journal.crash()
    this.#clock.kill()
    this.#options.attempts.forget()
    this.#death.resolve(null)
  }

  /** Ends in good order. */
  async close(): Promise<void> {
    if (!this.isAlive) return
    this.#stopSchedules()
    await this.#engine?.drain(0)
    this.crash()
    await this.#client.close()
  }

  /** What the engine says; `null` when the process ends before. */
  async ask<Answer>(question: (engine: Engine) => Promise<Answer>): Promise<{ readonly answer: Answer } | null> {
    if (this.#engine === null || !this.isAlive) return null
    const asked = question(this.#engine).then((answer) => ({ answer }))
    return Promise.race([asked, this.#death.promise])
  }

  /** The story of a run, by the journal alone: to look at one must not run its code, as `describe` of the engine does. */
  async story(run: string): Promise<RunView | null> {
    const read = await readRun({ tenant, run }, this.#journal)
    return read === null ? null : describeRun(read)
  }

  get activity(): { readonly inProgress: number } {
    return this.#engine === null || !this.isAlive ? { inProgress: 0 } : this.#engine.activity()
  }

  /** Where that account's events arrive. Throws `INPUT_INVALID` where no flow uses one. */
  webhook(connector: string, connection: string | undefined): Webhook {
    const own = this.#webhooks.filter((webhook) => webhook.connector === connector)
    const names = new Set(own.map((webhook) => webhook.connection))
    const only = names.size === 1 ? [...names][0] : 'main'
    const found = own.find((webhook) => webhook.connection === (connection ?? only))
    if (found !== undefined) return found
    const known = [...new Set(this.#webhooks.map((webhook) => webhook.connector))].join(', ')
    throw new TenonError(
      'INPUT_INVALID',
      own.length > 0
        ? `${connector} has no connection named ${connection ?? 'main'}; it has ${[...names].join(', ')}`
        : `no flow starts from or waits for events of ${connector}; flows use those of ${known === '' ? 'nobody' : known}`,
    )
  }

  /** A webhook comes in, as it would over HTTP; `null` when nobody answers. */
  async receive(connector: string, connection: string, request: RawRequest): Promise<WebhookReply | null> {
    if (this.#engine === null || !this.isAlive) return null
    return Promise.race([this.#take(connector, connection, request), this.#death.promise])
  }

  async #take(connector: string, connection: string, request: RawRequest): Promise<WebhookReply> {
    try {
      const webhook = this.webhook(connector, connection)
      const { status, body } = request.method === 'GET' ? webhook.handshake(request) : await webhook.receive(request)
      return { status, text: body }
    } catch (error) {
      const known = TenonError.is(error)
      if (!known) this.#options.log.error('webhook.failed', { connector, error })
      return { status: known ? error.status : 500, text: known ? error.publicMessage : '' }
    }
  }
}
