import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { afterEach, expect } from 'vitest'
import { z } from 'zod'
import { systemClock, type Clock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import type { ManagedVault } from '../connection/vault.ts'
import { createVault } from '../connection/vault/create-vault.ts'
import { environmentKeys } from '../connection/vault/environment.ts'
import { defineApp } from '../definition/app.ts'
import { bearer } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { defineFlow } from '../definition/flow.ts'
import { operation } from '../definition/operation.ts'
import { manual } from '../definition/trigger.ts'
import { timestampedHmac } from '../definition/verifier.ts'
import { createEngine } from '../engine/create-engine.ts'
import { memoryJournal, type BatchFate } from '../journal/memory.ts'
import { Answer, cause, defineSimulator, startSimulator, type RunningSimulator } from '../simulator/simulator.ts'
import { Budgets } from '../outbound/budget/budgets.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { createLog } from '../telemetry/log.ts'
import { createRedactor } from '../telemetry/redact.ts'
import { createHooks } from '../trigger/hooks.ts'
import { createAuditTrail, type AuditTrail } from './audit.ts'
import type { Route } from './route.ts'
import { startServer, type Server, type ServerOptions } from './server.ts'
import { createSessions } from './session/kept-sessions.ts'
import type { Sessions } from './session/sessions.ts'

export const secret = 'whsec_canary_2b7e151628aed2a6'
export const apiKey = 'sk_canary_abf7158809cf4f3c'
export const token = 'tenon_operator_canary_762e7160f38b4da5'
export const authorised = { authorization: `Bearer ${token}` }
export const asJson = { ...authorised, 'content-type': 'application/json' }

const verify = timestampedHmac({ header: 'pay-signature', field: 'webhookSecret' })
const order = z.object({ id: z.string(), amount: z.number().optional() })

const pay = defineConnector('pay', {
  baseUrl: 'https://pay.example',
  auth: bearer('apiKey', 'API key'),
  operations: { getOrder: operation({ method: 'GET', path: '/orders/{id}', input: order, output: order }) },
  events: {
    'order.paid': { data: order, correlate: { id: (data: { id: string }) => data.id } },
    'order.seen': { data: z.object({ id: z.string() }) },
  },
  webhooks: {
    verify,
    read: (body) => {
      const { events } = body as { events: { id: string; type: string; data: unknown }[] }
      return events.map(({ id, type, data }) => ({ id, type, data }))
    },
    handshake: ({ query }) => (query['token'] === 'let-me-in' ? (query['challenge'] ?? null) : null),
  },
})

const paySimulator = defineSimulator(pay, {
  operations: { getOrder: ({ id }) => ({ id }) },
  events: { 'order.paid': cause(order, (input) => input) },
  refuse: () => new Answer(400, {}),
  samples: [{ event: 'order.paid', input: { id: '1' } }],
})

export interface Harness {
  readonly server: Server
  readonly lines: string[]
  readonly outputs: string[]
  readonly sessions: Sessions
  readonly store: Store
  readonly vault: ManagedVault
  readonly audit: AuditTrail
  readonly engine: Awaited<ReturnType<typeof createEngine>>
  runs(): Promise<number>
  /** A signed or unsigned webhook. */
  post(body: string | Uint8Array, headers?: Record<string, string>, path?: string): Promise<Response>
  /** Any request; an answer that is not of the form its route declares is an error. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** The headers of a browser in which a person has signed in. */
  signIn(by?: string): Promise<{ readonly cookie: string; readonly origin: string; readonly 'sec-fetch-site': string }>
}

export type HarnessOptions = Partial<Omit<ServerOptions, 'engine' | 'webhooks' | 'operator' | 'log' | 'port'>> & {
  readonly commit?: () => BatchFate
  readonly run?: () => Promise<unknown>
  readonly simulated?: boolean
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A server as `tenon start` brings it up, with two accounts of one connector, and all that it prints and answers. */
export async function start({ commit, run, simulated, ...options }: HarnessOptions = {}): Promise<Harness> {
  const clock: Clock = options.clock ?? systemClock
  const paid = defineFlow('order-paid', { trigger: pay.on('order.paid'), run: run ?? (async () => 'done') })
  const byHand = defineFlow('by-hand', {
    trigger: manual(z.object({ month: z.string(), client_secret: z.string().optional() })),
    run: ({ event }) => event.data,
  })
  const asGiven = defineFlow('as-given', { trigger: manual(), run: ({ event }) => event.data })
  const app = defineApp({ flows: [paid, byHand, asGiven] })
  const journal = memoryJournal(commit === undefined ? {} : { faults: { batch: commit } })
  const engine = await createEngine({
    app,
    journal,
    client: { call: () => Promise.reject(new Error('no calls here')) },
  })
  const [lines, outputs]: [string[], string[]] = [[], []]
  const redactor = createRedactor()
  for (const value of [secret, apiKey, token]) redactor.add(value)
  const log = createLog({ clock, redactor, form: 'json', write: (line) => void lines.push(line) })
  const simulators: RunningSimulator[] = simulated === true ? [await startSimulator(paySimulator)] : []
  const sessions = options.sessions ?? createSessions({ tenant: 'default', clock })
  const store = options.store ?? memoryStore()
  const masterKeys = environmentKeys(randomBytes(32).toString('base64'), undefined)
  const vault = createVault({ store, masterKeys, clock })
  const audit = createAuditTrail({ store, vault, clock, log, tenant: 'default' })
  const server = await startServer({
    consoleFolder: null,
    store,
    vault,
    membership: null,
    tenants: null,
    budgets: options.budgets ?? new Budgets({ clock }),
    audit,
    ...options,
    engine,
    journal,
    simulators,
    sessions,
    webhooks: createHooks(app, { all: accounts() }, { engine, tenant: 'default', clock, log }),
    operator: { token: new Secret(token), tenant: 'default' },
    clock,
    log,
    redact: redactor.text,
    port: 0,
  })
  closing.push(async () => {
    await server.close()
    await Promise.all(simulators.map((simulator) => simulator.close()))
    await engine.drain(1000)
    await journal.close()
  })
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(server.url + path, { redirect: 'manual', ...init })
    if (response.headers.get('content-type') === 'text/event-stream; charset=utf-8') return response
    const text = await response.clone().text()
    outputs.push(JSON.stringify([...response.headers]) + text)
    expectDeclared(server.routes, { method: init.method ?? 'GET', path }, response, text)
    return response
  }
  return {
    server,
    lines,
    outputs,
    sessions,
    store,
    vault,
    audit,
    engine,
    runs: async () => (await engine.list({ tenant: 'default', limit: 100 })).runs.length,
    ask,
    post: (body, headers = {}, path = '/hooks/pay') =>
      ask(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }),
    async signIn(by = 'mia') {
      const origin = server.url
      const { url } = await server.signInLink(by)
      const response = await fetch(`${origin}/console/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin, 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ token: new URL(url).searchParams.get('token') ?? '' }),
      })
      const cookie = response.headers.get('set-cookie')?.split(';', 1)[0] ?? 'none'
      return { cookie, origin, 'sec-fetch-site': 'same-origin' }
    },
  }
}

function accounts(): ResolvedConnection[] {
  return ['main', 'eu'].map((name) => ({
    tenant: 'default',
    connector: pay as unknown as Connector,
    name,
    baseUrl: 'https://pay.example',
    credentials: {
      webhookSecret: new Secret(name === 'main' ? secret : `${secret}_eu whsec_next_eu`),
      apiKey: new Secret(apiKey),
    },
    simulated: false,
  }))
}

/** Every answer of every test is of the form that its route declares, with nothing that is not declared. */
function expectDeclared(
  routes: readonly Route[],
  asked: { readonly method: string; readonly path: string },
  response: Response,
  text: string,
): void {
  const route = routes.find(({ method, path }) => method === asked.method && fits(path, asked.path))
  const answer = route?.answers[response.status]
  if (answer === undefined || answer === null || typeof answer === 'string' || !response.ok) return
  const value: unknown = JSON.parse(text)
  const parsed = answer.safeParse(value)
  const where = `${asked.method} ${asked.path}`
  if (!parsed.success) throw new Error(`the answer of ${where} is not as declared: ${parsed.error.message}`)
  if (!isDeepStrictEqual(parsed.data, value))
    throw new Error(`the answer of ${where} has members that are not declared: ${text}`)
}

function fits(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`).test(path.split('?', 1)[0] ?? '')
}

export const bodyOf = (...events: object[]): string => JSON.stringify({ events })
export const paid = (id: string, data: object = { id }): object => ({ id, type: 'order.paid', data })
export const sign = (body: string, with_ = secret, at = Date.now()): Record<string, string> =>
  verify.sign(body, with_, at)

export async function expectProblem(
  response: Response,
  status: number,
  code: string,
): Promise<Record<string, unknown>> {
  const problem = (await response.json()) as Record<string, unknown>
  expect([response.status, problem['code'], problem['status']]).toEqual([status, code, status])
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(problem['type']).toBe(`/errors/${code}`)
  return problem
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** A request with exactly these headers: `fetch` would not let us lie about the host. A stream is left at its beginning. */
export function send(
  port: number,
  method: string,
  path: string,
  { headers = {}, body }: { readonly headers?: OutgoingHttpHeaders; readonly body?: string } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const options = { host: '127.0.0.1', port, method, path, headers: { ...headers, ...length }, agent: false }
    const request = httpRequest(options, (response) => {
      const { statusCode: status = 0, headers } = response
      if (headers['content-type']?.startsWith('text/event-stream') === true) {
        resolve({ status, headers, text: '' })
        response.destroy()
        return
      }
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status, headers, text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** How a route is asked when nothing is wrong with the form of the request: a value for each parameter, and the example of its body. */
export function wellFormed({ path, body }: Route, name = 'x1'): { readonly path: string; readonly body?: string } {
  const { examples: [example] = [] } = (body?.meta() ?? {}) as { examples?: unknown[] }
  return {
    path: path.replace(/:\w+/g, name).replace('*', 'index.html'),
    ...(example === undefined ? {} : { body: JSON.stringify(example) }),
  }
}

/** Sends bytes and returns what came until the server closed. */
export function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (piece) => (answer += piece.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
