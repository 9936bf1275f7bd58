import type { Clock } from '../../base/clock.ts'
import { parseJson } from '../../base/json.ts'
import type { Engine, Happening } from '../../engine/engine.ts'
import { longestWord, type Words } from '../../journal/cluster.ts'

/** What happens at the other nodes, for those who watch at this one. */
export interface Relay {
  watch(listener: RelayListener): () => void
  close(): void
}

export interface RelayListener {
  tell(happening: Happening): void
  /** At least so many were not told. */
  lost(count: number): void
}

export interface RelayOptions {
  readonly engine: Pick<Engine, 'listen'>
  readonly words: Words
  readonly clock: Clock
}

const gatherMs = 250
/** In one sending: more than that is a gap. */
const mostWords = 4
/** Who watches says so again and again: one that died is forgotten. */
const sayEveryMs = 5_000
const believedMs = 12_000
/** What stands around the happenings in a word. */
const frame = 64

/** While nobody watches anywhere, nothing is listened to and nothing is said. */
export function createRelay(options: RelayOptions): Relay {
  const sender = new Sender(options)
  const { words, clock } = options
  const listeners = new Set<RelayListener>()
  /** Number of the latest news of each node. */
  const latest = new Map<string, number>()
  let cancel: () => void = () => undefined

  const announce = (): void => {
    cancel = clock.after(sayEveryMs, announce)
    // A word that is lost is said again.
    void words.say(['watch']).catch(() => undefined)
  }

  const read = (text: string, from: string): void => {
    const { number, lost, news } = parseJson(text) as News
    const before = latest.get(from) ?? 0
    latest.set(from, number)
    const missed = lost + (number > 1 && number !== before + 1 && before > 0 ? 1 : 0)
    for (const listener of listeners) {
      if (missed > 0) listener.lost(missed)
      for (const happening of news) listener.tell(happening)
    }
  }

  const stopHearing = words.hear((word, from) => {
    if (word === 'watch') sender.sendTo(from)
    else if (word === 'unwatch') sender.forget(from)
    else if (word.startsWith('{') && listeners.size > 0) read(word, from)
  })

  const stop = (): void => {
    cancel()
    latest.clear()
    void words.say(['unwatch']).catch(() => undefined)
  }

  return {
    watch(listener) {
      listeners.add(listener)
      if (listeners.size === 1) announce()
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) stop()
      }
    },
    close() {
      stopHearing()
      sender.close()
      if (listeners.size > 0) stop()
      listeners.clear()
    },
  }
}

/** What one word says. */
interface News {
  /** One more with each word, from 1 whenever somebody begins to watch. */
  readonly number: number
  readonly lost: number
  readonly news: readonly Happening[]
}

class Sender {
  readonly #options: RelayOptions
  /** Nodes where somebody watches, and until when that is believed. */
  readonly #watching = new Map<string, number>()
  #gathered: string[][] = []
  #room = 0
  #lost = 0
  #number = 0
  #isSending = false
  #cancel: (() => void) | null = null
  #stopListening: (() => void) | null = null

  constructor(options: RelayOptions) {
    this.#options = options
  }

  sendTo(node: string): void {
    const { engine, clock } = this.#options
    if (!this.#watching.has(node)) this.#number = 0
    this.#watching.set(node, clock.now() + believedMs)
    this.#stopListening ??= engine.listen((happening) => this.#gather(happening))
  }

  forget(node: string): void {
    this.#watching.delete(node)
    if (this.#watching.size === 0) this.close()
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#stopListening?.()
    this.#stopListening = null
    this.#watching.clear()
    this.#gathered = []
    this.#room = 0
    this.#lost = 0
  }

  #later(): void {
    this.#cancel ??= this.#options.clock.after(gatherMs, () => void this.#send())
  }

  #gather(happening: Happening): void {
    this.#later()
    const text = JSON.stringify(happening)
    const bytes = Buffer.byteLength(text) + 1
    if (bytes > this.#room) {
      if (this.#gathered.length === mostWords || bytes > longestWord - frame) {
        this.#lost += 1
        return
      }
      this.#gathered.push([])
      this.#room = longestWord - frame
    }
    this.#gathered.at(-1)?.push(text)
    this.#room -= bytes
  }

  async #send(): Promise<void> {
    const { words, clock } = this.#options
    this.#cancel = null
    for (const [node, until] of this.#watching) if (until <= clock.now()) this.#watching.delete(node)
    if (this.#watching.size === 0) return this.close()
    // One sending at a time: what comes meanwhile waits, and is a gap beyond its limit.
    if (this.#isSending) return this.#later()
    this.#isSending = true
    const [parts, missed] = [this.#gathered.length === 0 ? [[]] : this.#gathered, this.#lost]
    this.#gathered = []
    this.#room = 0
    this.#lost = 0
    const said = parts.map((texts, index) => {
      this.#number += 1
      return `{"number":${this.#number},"lost":${index === 0 ? missed : 0},"news":[${texts.join(',')}]}`
    })
    try {
      for (const node of this.#watching.keys()) await words.say(said, node)
    } catch {
      this.#lost += missed + parts.flat().length
    }
    this.#isSending = false
  }
}
