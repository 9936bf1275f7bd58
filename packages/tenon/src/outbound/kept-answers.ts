import type CachePolicy from 'http-cache-semantics'
import type { RawAnswer } from './outbound.ts'

/** An answer that may be given again, and until when. */
export interface KeptAnswer {
  readonly policy: CachePolicy
  readonly status: number
  readonly body: Buffer
}

/** Beside the body: headers, key, and what the policy object takes. */
const overheadBytes = 2048

/** The answers kept for one connection, the ones not asked for longest leaving first. */
export class KeptAnswers {
  readonly #answers = new Map<string, KeptAnswer>()
  readonly #maxBytes: number
  #bytes = 0
  /** Rises when all are dropped: an answer to what was asked before is then not kept. */
  age = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(key: string): KeptAnswer | undefined {
    const found = this.#answers.get(key)
    if (found === undefined) return undefined
    this.#answers.delete(key)
    this.#answers.set(key, found)
    return found
  }

  set(key: string, policy: CachePolicy, { status, body }: Pick<RawAnswer, 'status' | 'body'>): void {
    this.delete(key)
    const bytes = sizeOf(body)
    if (bytes > this.#maxBytes) return
    // A small body may be a part of a large buffer, which would be kept with it.
    const own = body.buffer.byteLength > 2 * body.length ? Buffer.from(body) : body
    this.#answers.set(key, { policy, status, body: own })
    this.#bytes += bytes
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const found = this.#answers.get(key)
    if (found === undefined) return
    this.#answers.delete(key)
    this.#bytes -= sizeOf(found.body)
  }

  clear(): void {
    this.#answers.clear()
    this.#bytes = 0
    this.age += 1
  }
}

function sizeOf(body: Buffer): number {
  return body.length + overheadBytes
}
