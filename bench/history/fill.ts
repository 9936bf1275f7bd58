// Puts finished runs into a data folder through the journal's own port: what a store looks like after long use.
import { newRunId } from '../../packages/tenon/src/base/ids.ts'
import type { Journal, NewEntry, StateChange } from '../../packages/tenon/src/journal/journal.ts'
import { sqliteJournal } from '../../packages/tenon/src/journal/sqlite.ts'
import { eventId, paymentSucceeded } from '../order-webhook/payload.ts'

export interface FillRequest {
  readonly folder: string
  readonly runs: number
  /** Number of the first event. */
  readonly first: number
  /** Of a hundred runs two have failed, one waits and one needs a person; each has a key. Default: all have completed. */
  readonly isVaried?: boolean
}

type End = Pick<StateChange, 'status' | 'code'>

const completed: End = { status: 'completed', code: null }

/** How the run of this number stands, where they vary. */
const ends: Readonly<Record<number, End>> = {
  7: { status: 'failed', code: 'UPSTREAM_REFUSED' },
  23: { status: 'failed', code: 'TIMEOUT' },
  41: { status: 'waiting', code: null },
  59: { status: 'parked', code: 'OUTCOME_UNKNOWN' },
}

const tenant = 'default'
const atOnce = 1_000
const dayMs = 86_400_000

function entriesOf(index: number, at: number): NewEntry[] {
  const payment = {
    event: eventId(index),
    order: `ord_${index}`,
    amount: 1_000,
    currency: 'EUR',
    customer: `cus_${index}`,
    email: `buyer${index}@example.com`,
  }
  const step = (name: string, kind: string, value: object): NewEntry => ({
    at,
    kind: 'step',
    step: name,
    body: JSON.stringify({ h: 'hU3lO0wcCz3EHK0L5bq9XcZ6_yX', t: kind, a: 1, s: at, v: value }),
    format: 1,
  })
  return [
    step('map', 'run', payment),
    step('ledger.book#1', 'call', { number: index + 1, state: 'booked' }),
    step('carrier.ship#1', 'call', { id: `shp_${index}`, state: 'created' }),
    { at, kind: 'end', step: null, body: '{"status":"completed","v":null}', format: 1 },
  ]
}

interface Filled {
  readonly index: number
  readonly at: number
  readonly isVaried: boolean
}

async function finish(journal: Journal, { index, at, isVaried }: Filled): Promise<void> {
  const run = newRunId(at)
  const key = `payments/main/${eventId(index)}`
  await journal.deliver({
    kind: 'event',
    tenant,
    at,
    key,
    type: 'payments/payment_intent.succeeded',
    body: paymentSucceeded(index),
    starts: [{ run, flow: 'order-paid', version: 1, key: isVaried ? `ord_${index}` : null, input: null }],
    fields: null,
    keepUntil: 0,
    dedupeUntil: at + 30 * dayMs,
  })
  const end = (isVaried ? ends[index % 100] : undefined) ?? completed
  const entries = entriesOf(index, at + 20)
  await journal.append({
    tenant,
    run,
    epoch: journal.ownership.epochOf({ tenant, run, flow: 'order-paid', key: null }) ?? 0,
    after: 0,
    entries: end.status === 'completed' ? entries : entries.slice(0, -1),
    state: { ...end, wakeAt: null, leaveLine: end.status === 'completed' },
  })
}

async function fill({ folder, runs, first, isVaried = false }: FillRequest): Promise<void> {
  const journal = await sqliteJournal({ folder })
  const since = Date.now() - 10 * dayMs
  for (let done = 0; done < runs; done += atOnce) {
    const part = Array.from({ length: Math.min(atOnce, runs - done) }, (_, at) => done + at)
    await Promise.all(
      part.map((index) =>
        finish(journal, { index: first + index, at: since + Math.floor((index / runs) * 10 * dayMs), isVaried }),
      ),
    )
    if ((done / atOnce) % 50 === 49) process.send?.({ done: done + atOnce })
  }
  await journal.close()
  process.send?.({ done: runs })
}

process.once('message', (request: FillRequest) => void fill(request).then(() => process.disconnect()))
