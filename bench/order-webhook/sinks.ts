// The two sinks, and with them the outside ledger: how often each event arrived at each, and when at the second.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { monotonicMs } from '../measure/clock.ts'
import { indexOf } from './payload.ts'

export interface Ledger {
  readonly one: Uint8Array
  readonly two: Uint8Array
  /** Moment of the first arrival at sink 2, 0 for none. */
  readonly at: Float64Array
  readonly arrived: number
}

export type SinkRequest =
  | { readonly kind: 'reset'; readonly first: number; readonly count: number }
  | { readonly kind: 'ledger' }
export type SinkReport =
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  | { readonly kind: 'reset' }
  | ({ readonly kind: 'ledger' } & Ledger)

let first = 0
let one = new Uint8Array(0)
let two = new Uint8Array(0)
let at = new Float64Array(0)
let arrived = 0

function count(ledger: Uint8Array, index: number): boolean {
  const slot = index - first
  if (slot < 0 || slot >= ledger.length || ledger[slot] === 255) return false
  ledger[slot]! += 1
  return ledger[slot] === 1
}

function takeBooking(index: number): string {
  count(one, index)
  return `{"number":${index + 1},"state":"booked"}`
}

function takeShipment(index: number): string {
  if (count(two, index)) {
    at[index - first] = monotonicMs()
    arrived += 1
  }
  return `{"id":"shp_${index}","state":"created"}`
}

function sink(take: (index: number) => string) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    request.setEncoding('utf8')
    let text = ''
    request.on('data', (part: string) => (text += part))
    request.on('end', () => {
      const { event } = JSON.parse(text) as { event: string }
      const answer = take(indexOf(event))
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
    })
  }
}

function listen(take: (index: number) => string): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, sink(take))
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

const report = (message: SinkReport) => process.send?.(message)

process.on('message', (request: SinkRequest) => {
  if (request.kind === 'ledger') return report({ kind: 'ledger', one, two, at, arrived })
  first = request.first
  one = new Uint8Array(request.count)
  two = new Uint8Array(request.count)
  at = new Float64Array(request.count)
  arrived = 0
  return report({ kind: 'reset' })
})
process.on('disconnect', () => process.exit())

report({ kind: 'listening', ports: [await listen(takeBooking), await listen(takeShipment)] })
