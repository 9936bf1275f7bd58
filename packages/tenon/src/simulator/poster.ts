import { Agent, request as httpRequest } from 'node:http'
import { sleep, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { RawRequest } from '../definition/verifier.ts'

/** Where webhooks go, and the secret that signs them. */
export type Subscriber = (SubscriberAddress | SubscriberFunction) & {
  /** Default: the webhook credential of the simulator. While a secret is being replaced, the new one and the old one. */
  readonly secret?: string | readonly string[]
}

interface SubscriberAddress {
  /** On this machine: a simulator calls nobody else. */
  readonly url: string
  /** By which the receiver knows its address, where others reach it through a proxy: signatures cover that. */
  readonly knownAs?: string
}

interface SubscriberFunction {
  /** In this process; `null` where no answer comes. */
  readonly receive: (request: RawRequest) => Promise<WebhookReply | null>
}

export interface WebhookReply {
  readonly status: number
  readonly text: string
}

/** A webhook, or the request that comes before the first one. */
export interface Posted {
  readonly method: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface PosterOptions {
  readonly clock: Clock
  readonly atOnce: number
  readonly answerLimitMs: number
}

/** Brings requests to whoever subscribed: over a socket, or in this process. */
export class Poster {
  readonly #options: PosterOptions
  readonly #agent: Agent

  constructor(options: PosterOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.atOnce })
  }

  /** The answer, `null` when none came in time. */
  send(subscriber: Subscriber, request: Posted): Promise<WebhookReply | null> {
    return 'url' in subscriber ? this.#post(subscriber.url, request) : this.#hand(subscriber.receive, request)
  }

  close(): void {
    this.#agent.destroy()
  }

  async #hand(receive: SubscriberFunction['receive'], posted: Posted): Promise<WebhookReply | null> {
    const { method, query, text } = posted
    const headers = { ...posted.headers, 'content-length': String(Buffer.byteLength(text)) }
    const answered = new AbortController()
    const limit = sleep(this.#options.clock, this.#options.answerLimitMs, answered.signal).then(() => null)
    try {
      return await Promise.race([receive({ method, headers, query, body: Buffer.from(text) }), limit])
    } finally {
      answered.abort()
    }
  }

  #post(address: string, { method, query, headers, text }: Posted): Promise<WebhookReply | null> {
    const url = new URL(address)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const options = {
      method,
      headers: { ...headers, 'content-length': Buffer.byteLength(text) },
      agent: this.#agent,
      timeout: this.#options.answerLimitMs,
    }
    return new Promise((resolve) => {
      const outgoing = httpRequest(url, options, (incoming) => {
        let answer = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (piece: string) => {
          if (answer.length < 4096) answer += piece
        })
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: answer }))
        incoming.on('error', () => resolve(null))
      })
      outgoing.on('timeout', () => outgoing.destroy())
      outgoing.on('error', () => resolve(null))
      outgoing.end(text)
    })
  }
}

/** True for an address on this machine, over plain HTTP: the only ones that a simulator calls. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

/** A simulator calls nobody beyond this machine. Throws `ADDRESS_REFUSED`. */
export function requireNear(subscriber: Subscriber): void {
  if (!('url' in subscriber) || isLoopback(subscriber.url)) return
  const { protocol, hostname } = new URL(subscriber.url)
  throw new TenonError(
    'ADDRESS_REFUSED',
    `a simulator sends webhooks to this machine only, over http; found ${protocol}//${hostname}`,
  )
}
