import { openSync, writeSync } from 'node:fs'
import { append, event, start, state } from '../suite/make.ts'
import { sqliteJournal } from '../sqlite.ts'

// Writes as fast as it can and notes in a file what was acknowledged, until it is killed.
const [folder, round, ledgerPath] = process.argv.slice(2) as [string, string, string]
const ledger = openSync(ledgerPath, 'a')
const journal = await sqliteJournal({ folder })

async function work(lane: number): Promise<void> {
  // So that not all lanes are at the same point of a run.
  for (let late = lane % 3; late > 0; late -= 1) await journal.deliver(event(`t/${round}-${lane}-late-${late}`))
  for (let count = 0; ; count += 1) {
    const run = `r-${round}-${lane}-${count}`
    // Those without a key go through the log, the others straight into the tables.
    const key = lane === 0 && count % 8 === 0 ? run : null
    await journal.deliver(
      event(`t/${run}`, { tenant: 'acme', starts: [start(run, { key })], dedupeUntil: Number.MAX_SAFE_INTEGER }),
    )
    writeSync(ledger, `${run} 0\n`)
    await journal.append(append(journal, run, 0, { bodies: ['a', 'b'] }))
    writeSync(ledger, `${run} 2\n`)
    await journal.append(append(journal, run, 2, { bodies: ['c'], state: state('completed') }))
    writeSync(ledger, `${run} 3\n`)
  }
}

await Promise.all(Array.from({ length: 64 }, (_, lane) => work(lane)))
