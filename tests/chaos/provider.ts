// The outside world of a campaign: one faulty provider that outlives the killed process, and keeps the ledger of every effect made.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Random } from './random.ts'

export interface Effect {
  /** Id of the event whose run asked for it. */
  readonly event: string
  readonly step: Step
  /** Times it took place. */
  count: number
  /** Keys that it was asked for under, effects or not. */
  readonly keys: Set<string>
}

export interface Span {
  readonly first: number
  last: number
}

export type Step = 'reserve' | 'ship' | 'notify' | 'confirm'

export interface Provider {
  readonly origin: string
  readonly effects: ReadonlyMap<string, Effect>
  /** From the first to the last request of an event's run before its wait, in numbers of requests. */
  readonly spans: ReadonlyMap<string, Span>
  /** Things that a correct caller never does, each once. */
  readonly violations: ReadonlySet<string>
  readonly requests: () => number
  /** How many requests have met each fault. */
  readonly faults: ReadonlyMap<Fault, number>
  calm(): void
  close(): Promise<void>
}

export type Fault =
  | '429'
  | '500-before'
  | '500-after'
  | 'hang-before'
  | 'hang-after'
  | 'drop-before'
  | 'drop-after'
  | 'half-answer'

interface ProviderOptions {
  readonly random: Random
  readonly token: string
  /** Called when a shipment exists for the first time: it will be delivered. */
  readonly onShipment: (shipment: string) => void
}

interface Route {
  readonly step: Step | null
  readonly isKeyed: boolean
  /** Probability of a fault. */
  readonly faulty: number
}

const routes: Readonly<Record<string, Route>> = {
  'GET /orders': { step: null, isKeyed: false, faulty: 0.2 },
  'POST /reservations': { step: 'reserve', isKeyed: true, faulty: 0.3 },
  'POST /shipments': { step: 'ship', isKeyed: false, faulty: 0.3 },
  'GET /shipments': { step: null, isKeyed: false, faulty: 0.1 },
  // Each lost answer of this one needs a decision, so it is lost more seldom.
  'POST /notices': { step: 'notify', isKeyed: false, faulty: 0.1 },
  'POST /confirmations': { step: 'confirm', isKeyed: true, faulty: 0.3 },
}

const allFaults: readonly Fault[] = [
  '429',
  '500-before',
  '500-after',
  'hang-before',
  'hang-after',
  'drop-before',
  'drop-after',
  'half-answer',
]

export function effectKey(event: string, step: Step): string {
  return `${event} ${step}`
}

export async function startProvider({ random, token, onShipment }: ProviderOptions): Promise<Provider> {
  const effects = new Map<string, Effect>()
  const answers = new Map<string, { readonly body: string; readonly of: string }>()
  const shipments = new Map<string, string>()
  const spans = new Map<string, Span>()
  const violations = new Set<string>()
  const faults = new Map<Fault, number>()
  let requests = 0
  let isCalm = false

  function make(event: string, step: Step, key: string | undefined): string {
    const name = effectKey(event, step)
    const effect = effects.get(name) ?? { event, step, count: 0, keys: new Set() }
    effects.set(name, effect)
    if (key !== undefined) effect.keys.add(key)
    effect.count += 1
    const id = `${step}_${event}`
    if (step === 'ship' && !shipments.has(event)) {
      shipments.set(event, id)
      onShipment(id)
    }
    return JSON.stringify({ id })
  }

  /** Does what was asked, once per key, and gives the answer. */
  function perform(route: Route, url: URL, body: string, key: string | undefined): string {
    if (route.step === null) {
      if (url.pathname !== '/shipments') return JSON.stringify({ id: url.pathname.split('/').at(-1), lines: 3 })
      const found = shipments.get(url.searchParams.get('reference') ?? '')
      return JSON.stringify({ items: found === undefined ? [] : [{ id: found }] })
    }
    const { event } = JSON.parse(body) as { event: string }
    if (!route.isKeyed) return make(event, route.step, undefined)
    if (key === undefined) {
      violations.add(`${route.step} of ${event} came without a key`)
      return make(event, route.step, undefined)
    }
    const known = answers.get(key)
    if (known !== undefined) {
      if (known.of !== body) violations.add(`the key of ${route.step} of ${event} came with another body`)
      return known.body
    }
    const answer = make(event, route.step, key)
    answers.set(key, { body: answer, of: body })
    return answer
  }

  function note(body: string): void {
    const { event } = JSON.parse(body) as { event: string }
    const span = spans.get(event)
    if (span === undefined) spans.set(event, { first: requests, last: requests })
    else span.last = requests
  }

  function handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    requests += 1
    const url = new URL(request.url ?? '/', 'http://provider')
    const route = routes[`${request.method} /${url.pathname.split('/')[1]}`]
    if (request.headers.authorization !== `Bearer ${token}`) return answer(response, 401, '{"message":"who are you?"}')
    if (route === undefined) return answer(response, 404, '{"message":"there is nothing"}')
    const key = request.headers['idempotency-key'] as string | undefined
    // What a node that was stopped sends when it goes on is old; under its key it has no effect, and the run may have left its line long ago.
    const isRepeated = key !== undefined && answers.has(key)
    if (route.step !== null && route.step !== 'confirm' && !isRepeated) note(body)
    const fault = !isCalm && random.chance(route.faulty) ? random.pick(allFaults) : null
    if (fault !== null) faults.set(fault, (faults.get(fault) ?? 0) + 1)
    meet(fault, request, response, () => perform(route, url, body, key))
  }

  const server = createServer((request, response) => {
    request.setEncoding('utf8')
    let body = ''
    request.on('data', (part: string) => (body += part))
    request.on('end', () => handle(request, response, body))
    request.on('error', () => undefined)
    response.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects,
    spans,
    violations,
    faults,
    requests: () => requests,
    calm: () => {
      isCalm = true
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers })
    .end(body)
}

function meet(fault: Fault | null, request: IncomingMessage, response: ServerResponse, perform: () => string): void {
  switch (fault) {
    case null:
      return answer(response, 200, perform())
    case '429':
      return answer(response, 429, '{"message":"slower"}', { 'retry-after': '1' })
    case '500-before':
      return answer(response, 500, '{"message":"before anything happened"}')
    case '500-after':
      perform()
      return answer(response, 500, '{"message":"after it happened"}')
    case 'hang-before':
      return
    case 'hang-after':
      perform()
      return
    case 'drop-before':
      request.socket.destroy()
      return
    case 'drop-after':
      perform()
      request.socket.destroy()
      return
    case 'half-answer': {
      const body = perform()
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      response.write(body.slice(0, body.length >> 1), () => request.socket.destroy())
    }
  }
}
