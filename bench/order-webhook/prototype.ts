// Side B: `bare` plus a journal of the same store as Tenon's, and nothing else: a ceiling for durability on node:sqlite, not a product.
import { Worker } from 'node:worker_threads'
import { type PaymentEvent, toPayment, toShipment } from './mapping.ts'
import { gate, poster, serve } from './plain.ts'

const [port, sinkOne, sinkTwo, folder] = process.argv.slice(2) as [string, string, string, string]
const mostPerBatch = 1024

const inProgress = gate(256)
const book = poster(sinkOne, '/bookings')
const ship = poster(sinkTwo, '/shipments')

// Group commit: one batch is being committed while the next one fills.
const writer = new Worker(new URL('prototype-writer.ts', import.meta.url), {
  workerData: { path: `${folder}/journal.db` },
})
const rows: (string | number)[] = []
const waiting: (() => void)[] = []
let committing: (() => void)[] = []

function commit(): void {
  if (committing.length > 0 || waiting.length === 0) return
  committing = waiting.splice(0, mostPerBatch)
  writer.postMessage(rows.splice(0, committing.length * 3))
}

writer.on('message', () => {
  const done = committing
  committing = []
  commit()
  for (const resolve of done) resolve()
})

/** Resolves when the entry is durable. */
function append(run: string, seq: number, body: string): Promise<void> {
  rows.push(run, seq, body)
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(commit)
  })
}

async function run(event: PaymentEvent): Promise<void> {
  try {
    const payment = toPayment(event.id, event.data.object)
    await append(event.id, 2, JSON.stringify(payment))
    const booking = (await book(payment)) as { number: number }
    await append(event.id, 3, JSON.stringify(booking))
    const shipment = await ship(toShipment(payment, booking))
    await append(event.id, 4, JSON.stringify(shipment))
  } catch (error) {
    console.error(error)
  } finally {
    inProgress.leave()
  }
}

serve(Number(port), async (event, text) => {
  await inProgress.enter()
  await append(event.id, 1, text)
  void run(event)
})
