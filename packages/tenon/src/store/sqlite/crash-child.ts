import { openSync, writeSync } from 'node:fs'
import { sqliteStore } from '../sqlite.ts'

// Writes as fast as it can, several documents and an audit entry to a write, and notes in a file what was acknowledged, until it is killed.
const [folder = '', round = '', ledgerPath = ''] = process.argv.slice(2)
const ledger = openSync(ledgerPath, 'a')
const store = sqliteStore({ folder })

async function work(lane: number): Promise<void> {
  for (let count = 1; ; count += 1) {
    const body = `{"count":${count}}`
    const documents = ['a', 'b', 'c'].map((part) => `${round}-${lane}-${part}`)
    await store.write({
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

await Promise.all(Array.from({ length: 8 }, (_, lane) => work(lane)))
