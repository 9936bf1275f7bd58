import { TenonError } from '../../base/errors.ts'
import type { Database } from '../../postgres/postgres.ts'
import { longestWord, type Words } from '../cluster.ts'

/** What such a payload begins with: the database's own words are others. */
const mark = 'word '

/** Words by `NOTIFY`, to the channel on which each node listens anyway: no row is written, and nothing waits for a disk. */
export class NodeWords implements Words {
  readonly #database: Database
  readonly #node: number
  readonly #listeners = new Set<(word: string, from: string) => void>()

  constructor(database: Database, node: number) {
    this.#database = database
    this.#node = node
  }

  async say(words: readonly string[], to?: string): Promise<void> {
    const tooLong = words.find((word) => Buffer.byteLength(word) > longestWord)
    if (tooLong !== undefined)
      throw new TenonError(
        'INPUT_INVALID',
        `a word of ${Buffer.byteLength(tooLong)} bytes is over the limit of ${longestWord}`,
      )
    const payloads = words.map((word) => `${mark}${this.#node} ${word}`)
    await this.#database.query(sayStatement, [payloads, this.#node, to === undefined ? null : Number(to)])
  }

  hear(listener: (word: string, from: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** True for what is a word. */
  told(payload: string): boolean {
    if (!payload.startsWith(mark)) return false
    const end = payload.indexOf(' ', mark.length)
    const [from, word] = [payload.slice(mark.length, end), payload.slice(end + 1)]
    for (const listener of this.#listeners) listener(word, from)
    return true
  }
}

const sayStatement = {
  name: 'journal_say',
  text: `SELECT pg_notify('tenon_' || node.id, word) FROM unnest($1::text[]) WITH ORDINALITY AS said (word, place), node
    WHERE node.id <> $2 AND node.id = coalesce($3::int, node.id) ORDER BY place`,
}
