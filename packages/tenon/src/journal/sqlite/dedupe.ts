import { hashOf } from '../hash.ts'
import type { Statements } from './statements.ts'

/**
 * Which event has which key. Keys are random, so each new one would dirty its own page of a large tree. Hence the latest are held in memory (the event rows are
 * their durable record) and merged into the table many at a time, in its order, a few with each batch.
 */
export interface DedupeIndex {
  /** Events whose keys hash so; the caller compares the keys. */
  find(hash: number): readonly number[]
  add(hash: number, event: number): void
  remove(hash: number, event: number): void
  hash(tenant: string, key: string): number
  /** Merges up to `limit` keys. */
  merge(limit: number): void
  mergeAll(): void
  /** Number of the last event of which all before are merged. */
  merged(): number
  reload(meta: { readonly merged: number; readonly seed: number }): void
}

/** Bounds memory and the time to read them back after a crash. */
const mostRecent = 32_768

type HeldKeys = Map<number, number[]>

interface EventKey {
  readonly number: number
  readonly tenant: string
  readonly key: string
}

function hold(keys: HeldKeys, hash: number, event: number): void {
  const events = keys.get(hash)
  if (events === undefined) keys.set(hash, [event])
  else events.push(event)
}

function drop(keys: HeldKeys, hash: number, event: number): void {
  const events = keys.get(hash)
  if (events?.includes(event) === true)
    keys.set(
      hash,
      events.filter((other) => other !== event),
    )
}

export function dedupeIndex(run: Statements): DedupeIndex {
  let seed = 0
  let merged = 0
  let recent: HeldKeys = new Map()
  let lastRecent = 0
  let merging: HeldKeys = new Map()
  let order: number[] = []
  let lastMerging = 0

  function beginMerge(): void {
    ;[merging, lastMerging] = [recent, lastRecent]
    recent = new Map()
    // Taken from the end, which is cheaper than from the start.
    order = [...merging.keys()].sort((a, b) => b - a)
  }

  function mergeSome(limit: number): void {
    for (let count = Math.min(limit, order.length); count > 0; count -= 1) {
      const hash = order.pop() ?? 0
      for (const event of merging.get(hash) ?? []) run.insertDedupe.run(hash, event)
      merging.delete(hash)
    }
    if (order.length === 0) merged = lastMerging
  }

  return {
    hash: (tenant, key) => hashOf(`${tenant}\n${key}`, seed),
    find(hash) {
      const held = [...(recent.get(hash) ?? []), ...(merging.get(hash) ?? [])]
      const stored = run.eventsOfHash.all(hash) as { event: number }[]
      return stored.length === 0 ? held : [...new Set([...stored.map((row) => row.event), ...held])]
    },
    add(hash, event) {
      hold(recent, hash, event)
      lastRecent = event
    },
    remove(hash, event) {
      drop(recent, hash, event)
      drop(merging, hash, event)
      run.deleteDedupe.run(hash, event)
    },
    merge(limit) {
      if (order.length === 0 && recent.size >= mostRecent) beginMerge()
      if (order.length > 0) mergeSome(limit)
    },
    mergeAll() {
      mergeSome(order.length)
      beginMerge()
      mergeSome(order.length)
    },
    merged: () => merged,
    reload(meta) {
      seed = meta.seed
      merged = meta.merged
      recent = new Map()
      merging = new Map()
      order = []
      lastRecent = merged
      for (const { number, tenant, key } of run.eventsAfter.iterate(merged) as Iterable<EventKey>)
        this.add(this.hash(tenant, key), number)
    },
  }
}
