import { durationMs } from '../base/duration.ts'
import { contentHash } from '../base/ids.ts'
import type { Connector } from '../definition/connector.ts'
import { idempotencyOf, repeatOf } from '../definition/operation.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { Answer } from './behaviour.ts'
import type { Database } from './database.ts'
import type { Route } from './route.ts'

interface Remembered {
  readonly key: string
  readonly hash: string
  readonly until: number
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

export type KeyState = 'new' | 'reused' | 'busy' | Answer

/** What a provider remembers of the keys that it was given. */
export class Keys {
  readonly #connector: Connector
  readonly #database: Database
  readonly #now: () => number
  readonly #busy = new Set<string>()

  constructor(connector: Connector, database: Database, now: () => number) {
    this.#connector = connector
    this.#database = database
    this.#now = now
  }

  /** The key by which the provider would recognise this request; `null` where it takes none, or none was sent. */
  keyOf(route: Route, request: RawRequest, input: unknown): string | null {
    const connectorIdempotency = this.#connector.options.idempotency
    if (repeatOf(route.options, connectorIdempotency) !== 'keyed') return null
    const idempotency = idempotencyOf(route.options, connectorIdempotency)
    const key =
      idempotency?.header === undefined
        ? (input as Record<string, unknown>)[idempotency?.field ?? '']
        : request.headers[idempotency.header.toLowerCase()]
    return typeof key === 'string' && key !== '' ? key : null
  }

  /** Takes the key for this request, unless it was used before. Must be followed by `release` where the answer is `new`. */
  take(key: string, hash: string): KeyState {
    const known = this.#database.table<Remembered>('$keys').get(key)
    if (known !== undefined && known.until > this.#now()) {
      return known.hash === hash ? new Answer(known.status, known.body, known.headers) : 'reused'
    }
    if (this.#busy.has(key)) return 'busy'
    this.#busy.add(key)
    return 'new'
  }

  remember(route: Route, key: string, result: { hash: string; answer: Answer }): void {
    const life = idempotencyOf(route.options, this.#connector.options.idempotency)?.life ?? '24h'
    const { status, body, headers } = result.answer
    const known = this.#database.table<Remembered>('$keys')
    for (const old of known.values()) {
      if (old.until > this.#now()) break
      known.delete(old.key)
    }
    known.put(key, { key, hash: result.hash, until: this.#now() + durationMs(life), status, body, headers })
  }

  release(key: string): void {
    this.#busy.delete(key)
  }
}

/** Equal for requests that ask for the same, whatever the order of their members. */
export function requestHash(operation: string, input: unknown): string {
  return contentHash(`${operation} ${ordered(input)}`)
}

function ordered(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(ordered).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${ordered(part)}`).join(',')}}`
}
