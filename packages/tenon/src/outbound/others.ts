import type { Clock } from '../base/clock.ts'
import { parseJson } from '../base/json.ts'

/** What nodes say to one another. Words may be lost. */
export interface Words {
  /** To all other nodes, or to one. Rejects where they cannot be reached. */
  say(words: readonly string[], to?: string): Promise<void>
  /** The returned function ends it. */
  hear(listener: (word: string, from: string) => void): () => void
}

/** The other nodes, as far as calls to upstreams concern them: each tells what it learnt, and goes on alone where nothing is heard. */
export interface Others {
  /** Told in a moment; of a topic and what it is about, the latest only. */
  tell(topic: string, news: object, about?: string): void
  /** What others tell of a topic, from now on; who hears of it last is the only one. */
  hear(topic: string, listener: (news: unknown, from: string) => void): void
}

/** Of a process that works alone. */
export const nobody: Others = { tell: () => undefined, hear: () => undefined }

/** What such a word begins with. */
const mark = 'upstream '
/** So long news are gathered. */
const gatherMs = 20
const longestWord = 7000

/** By words; several news in one. */
export function othersBy(words: Words, clock: Clock): Others {
  const listeners = new Map<string, (news: unknown, from: string) => void>()
  const gathered = new Map<string, string>()
  let isDue = false
  words.hear((word, from) => {
    if (!word.startsWith(mark) || listeners.size === 0) return
    for (const [topic, news] of parseJson(word.slice(mark.length)) as readonly (readonly [string, unknown])[])
      listeners.get(topic)?.(news, from)
  })
  const send = (): void => {
    isDue = false
    const said = [...packed([...gathered.values()])]
    gathered.clear()
    // What is lost is told again when there is something new, or found out by each itself.
    void words.say(said).catch(() => undefined)
  }
  return {
    tell(topic, news, about = '') {
      gathered.set(`${topic}\n${about}`, JSON.stringify([topic, news]))
      if (isDue) return
      isDue = true
      clock.after(gatherMs, send)
    },
    hear: (topic, listener) => void listeners.set(topic, listener),
  }
}

function* packed(texts: readonly string[]): Generator<string> {
  let word = ''
  for (const text of texts) {
    if (word !== '' && Buffer.byteLength(word) + Buffer.byteLength(text) > longestWord) {
      yield `${mark}[${word}]`
      word = ''
    }
    if (Buffer.byteLength(text) <= longestWord) word += word === '' ? text : `,${text}`
  }
  if (word !== '') yield `${mark}[${word}]`
}
