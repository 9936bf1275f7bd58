import { expect, test } from 'vitest'
import { systemClock, type Clock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createClient, type CallAnswer } from '../client/client.ts'
import { createConnections, type ResolvedConnection } from '../connection/connection.ts'
import type { Transport } from '../outbound/outbound.ts'
import { faultChoices, openSimulator, startSimulator, type RequestFault } from '../simulator/simulator.ts'
import { Attempts } from './attempts.ts'
import { inProcessTransport } from './in-process-transport.ts'
import { virtualClock } from './virtual-clock.ts'
import { bank, bankSimulator } from './testing.fixture.ts'

interface Way {
  readonly baseUrl: string
  readonly credentials: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly transportFor?: (connection: ResolvedConnection) => Transport
}

async function call({ baseUrl, credentials, clock, transportFor }: Way): Promise<CallAnswer> {
  const secrets = Object.entries(credentials).map(([field, value]) => [field, new Secret(value)] as const)
  const connection: ResolvedConnection = {
    tenant: 'default',
    connector: bank,
    name: 'main',
    baseUrl,
    credentials: Object.fromEntries(secrets),
    simulated: true,
  }
  const connections = await createConnections({ connections: [connection] })
  const client = createClient({ connections, clock, ...(transportFor && { transportFor }) })
  const answer = await client.call({
    tenant: 'default',
    connector: bank,
    connection: 'main',
    operation: 'pay',
    input: { reference: 'r' },
    idempotencyKey: 'key-1',
    mayHaveHappened: false,
    timeoutMs: 400,
    signal: null,
  })
  await client.close()
  return answer
}

const seen = (answer: CallAnswer): object => {
  if (answer.outcome !== 'failed') return { outcome: answer.outcome, status: answer.status }
  const { fate, status, error } = answer
  return { fate, status, code: error.code, retryable: error.retryable, after: error.retryAfterMs }
}

async function overSockets(fault: RequestFault): Promise<object> {
  const simulator = await startSimulator(bankSimulator)
  simulator.faults.set(fault)
  const answer = await call({ ...simulator, clock: systemClock })
  await simulator.close()
  return { ...seen(answer), effects: simulator.effects().length }
}

async function inProcess(fault: RequestFault): Promise<object> {
  const clock = virtualClock()
  const simulator = await openSimulator(bankSimulator, { clock })
  simulator.faults.set(fault)
  const calling = call({
    baseUrl: bank.options.baseUrl,
    credentials: simulator.credentials,
    clock,
    transportFor: () => inProcessTransport({ simulator, clock, attempts: new Attempts() }),
  })
  let isOver = false
  const over = calling.then(() => (isOver = true))
  while (!isOver) {
    await clock.advance(50)
    await Promise.race([over, new Promise(setImmediate)])
  }
  await simulator.close()
  return { ...seen(await calling), effects: simulator.effects().length }
}

const faults = faultChoices.filter(({ about }) => about === 'request')

test.each(faults)('$kind: what the client hears in process is what it hears over a socket', async ({ kind, takes }) => {
  const fault = {
    kind,
    of: 'pay',
    next: 1,
    ...(takes?.includes('delayMs') === true && { delayMs: 1000 }),
  } as RequestFault
  expect(await inProcess(fault)).toEqual(await overSockets(fault))
})

test('a call that is given up, before and after it has left', async () => {
  const clock = virtualClock()
  const simulator = await openSimulator(bankSimulator, { clock })
  const transport = inProcessTransport({ simulator, clock, attempts: new Attempts() })
  const request = {
    origin: 'https://bank.example',
    method: 'POST',
    path: '/v1/transfers',
    headers: [],
    body: '{}',
    timeoutMs: 1000,
    maxAnswerBytes: 1000,
  }
  const early = AbortSignal.abort()
  await expect(transport.send({ ...request, signal: early })).rejects.toMatchObject({ details: { fate: 'not-sent' } })
  const late = new AbortController()
  const sending = transport.send({ ...request, signal: late.signal })
  late.abort()
  await expect(sending).rejects.toMatchObject({ details: { fate: 'ambiguous' } })
  await simulator.close()
})
