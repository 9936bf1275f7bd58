import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Connector } from '../definition/connector.ts'
import type { Behaviour } from './behaviour.ts'
import type { Database } from './database.ts'
import type { Faults, WebhookFaultKind } from './faults.ts'
import type { Delivery, Ledger } from './ledger.ts'
import { Poster, requireNear, type Subscriber } from './poster.ts'

export interface OutboxContext {
  readonly connector: Connector
  readonly behaviour: Behaviour
  readonly credentials: Readonly<Record<string, string>>
  readonly database: Database
  readonly clock: Clock
  readonly random: () => number
  readonly faults: Faults<WebhookFaultKind>
  readonly deliveries: Ledger<Delivery>
  readonly log: (message: string) => void
}

interface Message {
  readonly id: string
  readonly type: string
  readonly text: string
  readonly kind: Delivery['kind']
  readonly attempts: number
  readonly dueMs: number
  readonly createdMs: number
}

const table = '$outbox'
const atOnce = 8
const firstPauseMs = 500
// Providers go up to hours; a stand-in has somebody watching.
const longestPauseMs = 10_000
const giveUpAfterMs = 3 * 86_400_000
const answerLimitMs = 15_000

/** Posts webhooks until they are accepted. What waits is part of the simulator's state and survives a restart. */
export class Outbox {
  readonly #context: OutboxContext
  readonly #poster: Poster
  readonly #timers = new Set<() => void>()
  readonly #ready: string[] = []
  #held: string[] = []
  #sending = 0
  #closed = false
  #subscriber: Subscriber | null = null
  #introduced = false

  constructor(context: OutboxContext) {
    this.#context = context
    this.#poster = new Poster({ clock: context.clock, atOnce, answerLimitMs })
  }

  /** Number of messages not accepted yet. */
  get size(): number {
    return this.#messages.size
  }

  get #messages() {
    return this.#context.database.table<Message>(table)
  }

  subscribe(subscriber: Subscriber | null): void {
    if (subscriber !== null) requireNear(subscriber)
    this.#subscriber = subscriber
    // Remembered, so that what happens after a restart waits for the subscriber to be back.
    const remembered = this.#context.database.table<boolean>('$subscribed')
    this.#context.database.transaction(() =>
      subscriber === null ? remembered.delete('url') : remembered.put('url', true),
    )
    this.#introduced = this.#context.behaviour.handshake === undefined
    this.#pump()
  }

  /** Takes up what waited when the simulator was last closed. */
  resume(): void {
    for (const message of this.#messages.values()) this.#schedule(message)
  }

  /** Within a transaction. With nobody ever subscribed, nothing is sent, now or later. */
  add(id: string, type: string, body: unknown): void {
    if (this.#context.database.table('$subscribed').size === 0) return
    const now = this.#context.clock.now()
    const text = this.#context.behaviour.write?.(body) ?? JSON.stringify(body)
    const message: Message = { id, type, text, kind: 'genuine', attempts: 0, dueMs: now, createdMs: now }
    const fault = this.#context.faults.draw(type)
    const delayMs = fault?.delayMs ?? 2000
    switch (fault?.kind) {
      case 'late':
        return this.#put({ ...message, dueMs: now + delayMs })
      case 'out-of-order':
        this.#held.push(id)
        return this.#put({ ...message, dueMs: now + delayMs })
      case 'duplicate':
        this.#put(message)
        return this.#put({ ...message, id: `${id}+`, kind: 'duplicate' })
      case 'forged':
        this.#put({ ...message, id: `${id}!`, kind: 'forged' })
        return this.#put(message)
      default:
        return this.#put(message)
    }
  }

  close(): void {
    this.#closed = true
    for (const cancel of this.#timers) cancel()
    this.#poster.close()
  }

  #put(message: Message): void {
    this.#messages.put(message.id, message)
    // Only when the transaction is over may anything leave.
    queueMicrotask(() => this.#schedule(message))
  }

  #schedule(message: Message): void {
    const wait = message.dueMs - this.#context.clock.now()
    if (wait <= 0) return this.#enqueue(message.id)
    const cancel = this.#context.clock.after(wait, () => {
      this.#timers.delete(cancel)
      this.#enqueue(message.id)
    })
    this.#timers.add(cancel)
  }

  #enqueue(id: string): void {
    this.#held = this.#held.filter((held) => held !== id)
    this.#ready.push(id)
    this.#pump()
  }

  #pump(): void {
    while (!this.#closed && this.#subscriber !== null && this.#sending < atOnce) {
      const id = this.#ready.shift()
      if (id === undefined) return
      const message = this.#messages.get(id)
      if (message === undefined) continue
      this.#sending += 1
      this.#deliver(message, this.#subscriber)
        .catch((error: unknown) => this.#context.log(`webhook ${message.type}: ${messageOf(error)}`))
        .finally(() => {
          this.#sending -= 1
          this.#pump()
        })
    }
  }

  async #deliver(message: Message, subscriber: Subscriber): Promise<void> {
    const { clock, database, deliveries } = this.#context
    await database.durable()
    const status = (await this.#introduce(subscriber)) ? await this.#post(message, subscriber) : null
    if (this.#closed) return
    const accepted = status !== null && this.#accepts(status)
    const attempt = message.attempts + 1
    const { id, type, kind } = message
    deliveries.add({ at: clock.now(), event: id.replace(/[+!]$/, ''), type, kind, attempt, status, accepted })
    const over = accepted || kind === 'forged' || clock.now() - message.createdMs > giveUpAfterMs
    if (over) {
      database.transaction(() => this.#messages.delete(id))
      this.#releaseHeld()
      return
    }
    const next = { ...message, attempts: attempt, dueMs: clock.now() + this.#pauseMs(attempt) }
    database.transaction(() => this.#messages.put(id, next))
    this.#schedule(next)
  }

  #releaseHeld(): void {
    for (const id of this.#held) this.#ready.push(id)
    this.#held = []
  }

  #pauseMs(attempt: number): number {
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1))
    return pause * (0.5 + this.#context.random() / 2)
  }

  #accepts(status: number): boolean {
    const exact = this.#context.connector.options.webhooks?.status
    return exact === undefined ? status >= 200 && status < 300 : status === exact
  }

  async #introduce(subscriber: Subscriber): Promise<boolean> {
    if (this.#introduced) return true
    const challenge = randomBytes(8).toString('hex')
    const handshake = this.#context.behaviour.handshake?.(challenge, this.#context.credentials)
    if (handshake === undefined) return true
    const { query } = handshake
    const answer = await this.#poster.send(subscriber, { method: 'GET', query, headers: {}, text: '' })
    this.#introduced = answer !== null && answer.status === 200 && answer.text === handshake.expect
    return this.#introduced
  }

  async #post(message: Message, subscriber: Subscriber): Promise<number | null> {
    const { connector, clock, credentials } = this.#context
    const verify = connector.options.webhooks?.verify
    const genuine = subscriber.secret ?? credentials[verify?.field ?? ''] ?? ''
    const secret = message.kind === 'forged' ? randomBytes(32).toString('hex') : genuine
    const headers = { 'content-type': 'application/json', ...verify?.sign(message.text, secret, clock.now()) }
    const request = { method: 'POST', query: {}, headers, text: message.text }
    return (await this.#poster.send(subscriber, request))?.status ?? null
  }
}
