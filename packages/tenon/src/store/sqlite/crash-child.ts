import { openSync, writeSync } from 'node:fs'
import { TenonError } from '../../base/errors.ts'
import { sqliteStore } from '../sqlite.ts'
import type { StoreWrite } from '../store.ts'

// Writes as fast as it can, several documents and an audit entry to a write, and notes in a file what was acknowledged, until it is killed.
// SQLite hands a contended file to whoever asks first, not to who waits longest: held up for too long, it asks again.
const [folder = '', round = '', ledgerPath = ''] = process.argv.slice(2)
const ledger = openSync(ledgerPath, 'a')
const store = sqliteStore({ folder })

async function work(lane: number): Promise<void> {
  for (let count = 1; ; count += 1) {
    const body = `{"count":${count}}`
    const documents = ['a', 'b', 'c'].map((part) => `${round}-${lane}-${part}`)
    await written({
      changes: documents.map((id) => ({
        tenant: 'acme',
        kind: 'connection',
        id,
        expect: count === 1 ? null : count - 1,
        body,
      })),
      audit: [{ tenant: 'acme', at: count, by: round, action: 'run.retried', subject: `${lane}`, outcome: 'done' }],
    })
    writeSync(ledger, `${round}-${lane} ${count}\n`)
  }
}

async function written(write: StoreWrite): Promise<void> {
  for (;;) {
    try {
      await store.write(write)
      return
    } catch (error) {
      if (!TenonError.is(error, 'STORE_UNAVAILABLE')) throw error
    }
  }
}

await Promise.all(Array.from({ length: 8 }, (_, lane) => work(lane)))
