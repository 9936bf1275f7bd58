import type { DatabaseSync } from 'node:sqlite'
import { deserialize } from 'node:v8'
import { decode } from '../../base/json.ts'
import { dedupeIndex } from './dedupe.ts'
import type { RedoLog } from './log.ts'
import { fold } from './pending.ts'
import { prepareAll } from './statements.ts'
import { addShape, type Pending, type Store } from './store.ts'
import { unflatten, type Flat } from './wire.ts'

export function openStore(db: DatabaseSync, log: RedoLog): Store {
  const run = prepareAll(db)
  const store: Store = {
    db,
    run,
    epoch: 0,
    batch: 0,
    lastNumber: 0,
    seed: 0,
    dedupe: dedupeIndex(run),
    log,
    pending: nothingPending(),
    live: new Map(),
    flows: new Map(),
    lastFlow: null,
    shapes: new Map(),
  }
  reload(store)
  return store
}

/** Forgets all that is held beside the files, and reads it back: after a batch that was rolled back. */
export function reload(store: Store): void {
  const meta = store.run.readMeta.get() as Record<'epoch' | 'batch' | 'last_number' | 'merged' | 'seed', number>
  store.epoch = meta.epoch
  store.batch = meta.batch
  store.lastNumber = meta.last_number
  store.seed = meta.seed
  store.live.clear()
  store.flows.clear()
  store.lastFlow = null
  store.shapes.clear()
  for (const { tenant, type, names } of store.run.shapes.all() as Record<string, string>[])
    addShape(store, `${tenant}\n${type}`, decode(names ?? '[]') as string[])
  store.dedupe.reload(meta)
  store.pending = nothingPending()
  for (const body of store.log.bodiesAfter(meta.batch)) {
    fold(store, unflatten(deserialize(body) as Flat), { bytes: body.length, subjects: null })
    store.batch += 1
  }
}

/** The tables have all of it, and it is committed. */
export function forgetPending(store: Store): void {
  store.pending = nothingPending()
  store.log.clear()
}

function nothingPending(): Pending {
  return { writes: 0, bytes: 0, events: [], runs: new Map() }
}
