// A bank with one account and its simulator, and what the tests of this folder need to use them.
import { createServer, type Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { z } from 'zod'
import { basic } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { operation } from '../definition/operation.ts'
import { timestampedHmac } from '../definition/verifier.ts'
import {
  Answer,
  cause,
  defineSimulator,
  reject,
  startSimulator,
  type RunningSimulator,
  type SimulatorOptions,
} from './simulator.ts'

export const bank = defineConnector('bank', {
  baseUrl: 'https://bank.example.com/v2',
  auth: basic('user', 'password'),
  idempotency: { header: 'idempotency-key', life: '24h' },
  operations: {
    transfer: operation({
      method: 'POST',
      path: '/accounts/{account}/transfers',
      input: z.strictObject({ account: z.string(), amount: z.int().positive(), note: z.string().optional() }),
      output: z.unknown(),
    }),
    balance: operation({
      method: 'GET',
      path: '/accounts/{account}',
      input: z.strictObject({ account: z.string(), days: z.int().optional() }),
      output: z.unknown(),
    }),
  },
  events: { 'transfer.made': { data: z.unknown() } },
  webhooks: { verify: timestampedHmac({ header: 'bank-signature', field: 'secret' }), read: () => [] },
})

interface Account {
  readonly balance: number
}

export const bankSimulator = defineSimulator(bank, {
  refuse: (refusal) =>
    new Answer(
      {
        unauthenticated: 401,
        'input-invalid': 400,
        'key-reused': 422,
        'key-busy': 409,
        'rate-limited': 429,
        broken: 500,
        'route-unknown': 404,
        'method-unknown': 405,
        'body-too-large': 413,
        'body-unreadable': 400,
      }[refusal.reason],
      refusal,
    ),
  begin: (simulation) => simulation.table<Account>('accounts').put('a', { balance: 100 }),
  operations: {
    transfer({ account, amount }, simulation) {
      const accounts = simulation.table<Account>('accounts')
      const { balance } = accounts.get(account) ?? reject(404, { reason: 'no account' })
      accounts.put(account, { balance: balance - amount })
      simulation.deliver('transfer.made', { account, amount })
      if (amount > balance) reject(409, { reason: 'too little' })
      if (amount === 66) throw new Error('a mistake in the behaviour')
      return { id: simulation.id('tr_'), number: simulation.number('transfer', 1), balance: balance - amount }
    },
    balance: ({ account, days }, simulation) => ({ ...simulation.table<Account>('accounts').get(account), days }),
  },
  events: {
    'transfer.made': cause(z.strictObject({ amount: z.int().default(1) }), ({ amount }, simulation) => {
      simulation.deliver('transfer.made', { amount })
      return { amount }
    }),
  },
})

export const credentials = { user: 'ada', password: 'pw', secret: 'whsec' }
export const opened: { close(): unknown }[] = []
const folders: string[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

export async function start(options: SimulatorOptions = {}): Promise<RunningSimulator> {
  const simulator = await startSimulator(bankSimulator, { credentials, ...options })
  opened.push(simulator)
  return simulator
}

export async function file(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenon-simulator-'))
  folders.push(folder)
  return join(folder, 'bank.log')
}

interface CallOptions {
  readonly path?: string
  readonly method?: string
  readonly key?: string
  readonly body?: unknown
  readonly authorization?: string | null
}

export const good = `Basic ${Buffer.from('ada:pw').toString('base64')}`

export async function call(simulator: RunningSimulator, options: CallOptions = {}) {
  const { path = '/accounts/a/transfers', method = 'POST', key, body = { amount: 10 }, authorization = good } = options
  const headers = {
    ...(authorization === null ? {} : { authorization }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(simulator.baseUrl + path, {
    method,
    headers,
    ...(method === 'GET' ? {} : { body: text }),
    signal: AbortSignal.timeout(1500),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers }
}

export interface Received {
  readonly headers: Record<string, unknown>
  readonly body: string
}

export async function subscriber(
  statuses: number[] = [],
): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += String(piece)))
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.writeHead(statuses.shift() ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({ close: () => new Promise((resolve) => server.close(resolve)) })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/bank`, received, server }
}

export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(holds()).toBe(true)
}
