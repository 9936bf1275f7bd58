import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Connector } from '../definition/connector.ts'
import type { Behaviour, Endpoint } from './behaviour.ts'
import type { Database } from './database.ts'
import type { Faults, WebhookFault, WebhookFaultKind } from './faults.ts'
import type { Delivery, Ledger } from './ledger.ts'
import { isLoopback, Poster, requireNear, type Subscriber } from './poster.ts'
import { redeliveryPause } from './redelivery.ts'

export interface OutboxContext {
  readonly connector: Connector
  readonly behaviour: Behaviour
  readonly credentials: Readonly<Record<string, string>>
  readonly database: Database
  readonly clock: Clock
  readonly random: () => number
  readonly faults: Faults<WebhookFaultKind>
  readonly deliveries: Ledger<Delivery>
  /** As the provider does it, or quickly, for somebody is watching. */
  readonly redelivery: 'as-provider' | 'quick'
  /** True where nothing may leave the process. */
  readonly isOffline: boolean
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
  /** How old the time in its signature is. */
  readonly staleMs?: number
  readonly endpoint?: Endpoint
}

const table = '$outbox'
const atOnce = 32
const usualAnswerLimitMs = 15_000

/** Posts webhooks until they are accepted. What waits is part of the simulator's state and survives a restart. */
export class Outbox {
  readonly #context: OutboxContext
  readonly #poster: Poster
  readonly #timers = new Set<() => void>()
  readonly #ready: string[] = []
  #held: string[] = []
  #burstEndsMs = 0
  #sending = 0
  #closed = false
  #subscriber: Subscriber | null = null
  #introduced = false

  constructor(context: OutboxContext) {
    this.#context = context
    const { behaviour, clock } = context
    const answerLimitMs = behaviour.redelivery?.answerLimitMs ?? usualAnswerLimitMs
    this.#poster = new Poster({ clock, atOnce, answerLimitMs })
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
    // Only whether there is one is kept, so that what happens after a restart waits for the subscriber to be back.
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
  add(id: string, type: string, body: unknown, endpoint?: Endpoint): void {
    if (endpoint === undefined && this.#context.database.table('$subscribed').size === 0) return
    const now = this.#context.clock.now()
    const text = this.#context.behaviour.write?.(body) ?? JSON.stringify(body)
    const plain: Message = { id, type, text, kind: 'genuine', attempts: 0, dueMs: now, createdMs: now }
    const message = endpoint === undefined ? plain : { ...plain, endpoint }
    const fault = this.#context.faults.draw(type)
    for (const one of fault === null ? [message] : this.#faulty(message, fault)) this.#put(one)
  }

  close(): void {
    this.#closed = true
    for (const cancel of this.#timers) cancel()
    this.#poster.close()
  }

  /** What is sent in its place. */
  #faulty(message: Message, { kind, delayMs }: WebhookFault): readonly Message[] {
    const now = message.createdMs
    switch (kind) {
      case 'missing':
        this.#note({ ...message, kind }, { attempt: 0, status: null, accepted: false, nextAt: null })
        return []
      case 'late':
        return [{ ...message, dueMs: now + (delayMs ?? 2000) }]
      case 'out-of-order':
        this.#held.push(message.id)
        return [{ ...message, dueMs: now + (delayMs ?? 2000) }]
      case 'burst':
        if (this.#burstEndsMs <= now) this.#burstEndsMs = now + (delayMs ?? 2000)
        return [{ ...message, dueMs: this.#burstEndsMs }]
      case 'duplicate':
        return [message, { ...message, id: `${message.id}+`, kind }]
      case 'forged':
        return [{ ...message, id: `${message.id}!`, kind }, message]
      case 'stale':
        return [{ ...message, kind, staleMs: delayMs ?? 600_000 }]
      default:
        return [{ ...message, kind }]
    }
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
    while (!this.#closed && this.#sending < atOnce) {
      const id = this.#next()
      if (id === undefined) return
      const message = this.#messages.get(id)
      if (message === undefined) continue
      this.#sending += 1
      this.#deliver(message)
        .catch((error: unknown) => this.#context.log(`webhook ${message.type}: ${messageOf(error)}`))
        .finally(() => {
          this.#sending -= 1
          this.#pump()
        })
    }
  }

  /** Without a subscriber only what has an endpoint of its own may leave. */
  #next(): string | undefined {
    if (this.#subscriber !== null) return this.#ready.shift()
    const at = this.#ready.findIndex((id) => this.#messages.get(id)?.endpoint !== undefined)
    return at < 0 ? undefined : this.#ready.splice(at, 1)[0]
  }

  async #deliver(message: Message): Promise<void> {
    const { clock, database } = this.#context
    await database.durable()
    const target = message.endpoint ?? this.#subscriber
    const mayBeSent = target !== null && (message.endpoint !== undefined || (await this.#introduce(target)))
    const status = mayBeSent ? await this.#post(message, target) : null
    if (this.#closed) return
    const accepted = status !== null && this.#accepts(status)
    const attempt = message.attempts + 1
    const pauseMs = accepted || message.kind === 'forged' ? null : this.#pauseAfter(message, attempt)
    const dueMs = clock.now() + (pauseMs ?? 0)
    this.#note(message, { attempt, status, accepted, nextAt: pauseMs === null ? null : dueMs })
    if (pauseMs === null) {
      database.transaction(() => this.#messages.delete(message.id))
      this.#releaseHeld()
      return
    }
    // What went wrong on purpose goes right when it comes again.
    const { staleMs: _past, ...rest } = message
    const kind = message.kind === 'duplicate' ? message.kind : 'genuine'
    const next: Message = { ...rest, kind, attempts: attempt, dueMs }
    database.transaction(() => this.#messages.put(next.id, next))
    this.#schedule(next)
  }

  #pauseAfter({ createdMs }: Message, attempt: number): number | null {
    const { behaviour, clock, random, redelivery } = this.#context
    return redeliveryPause(redelivery === 'quick' ? undefined : behaviour.redelivery, {
      attempt,
      ageMs: clock.now() - createdMs,
      random,
    })
  }

  #note(
    { id, type, kind, endpoint }: Message,
    tried: Pick<Delivery, 'attempt' | 'status' | 'accepted' | 'nextAt'>,
  ): void {
    const { clock, deliveries } = this.#context
    const target = endpoint ?? this.#subscriber
    const url = target !== null && 'url' in target ? target.url : null
    deliveries.add({ at: clock.now(), event: id.replace(/[+!]$/, ''), type, kind, url, ...tried })
  }

  #releaseHeld(): void {
    for (const id of this.#held) this.#ready.push(id)
    this.#held = []
  }

  #accepts(status: number): boolean {
    const exact = this.#context.connector.options.webhooks?.status
    return exact === undefined ? status >= 200 && status < 300 : status === exact
  }

  async #introduce(subscriber: Subscriber): Promise<boolean> {
    const { behaviour, credentials } = this.#context
    if (this.#introduced || behaviour.handshake === undefined) return true
    const { query, expect } = behaviour.handshake(randomBytes(8).toString('hex'), credentials)
    const answer = await this.#poster.send(subscriber, { method: 'GET', query, headers: {}, text: '' })
    this.#introduced = answer !== null && answer.status === 200 && answer.text === expect
    return this.#introduced
  }

  async #post(message: Message, target: Subscriber): Promise<number | null> {
    if ('url' in target && (this.#context.isOffline || !isLoopback(target.url))) return null
    const { text, kind, staleMs = 0 } = message
    const { connector, clock } = this.#context
    const isFalse = kind === 'forged' || kind === 'wrong-secret'
    const secret = isFalse ? randomBytes(32).toString('hex') : this.#secretOf(target)
    const signature = connector.options.webhooks?.verify.sign(text, secret, clock.now() - staleMs, {
      method: 'POST',
      url: knownAddress(target),
    })
    const headers = { 'content-type': 'application/json', ...signature }
    return (await this.#poster.send(target, { method: 'POST', query: {}, headers, text }))?.status ?? null
  }

  #secretOf({ secret }: Subscriber): string | readonly string[] {
    const { connector, credentials } = this.#context
    return secret ?? credentials[connector.options.webhooks?.verify.field ?? ''] ?? ''
  }
}

function knownAddress(target: Endpoint | Subscriber): string {
  if ('knownAs' in target && target.knownAs !== undefined) return target.knownAs
  return 'url' in target ? target.url : ''
}
