// What a call through the client costs, beside the same request by bare undici: `node bench/client.bench.ts [--json] [--rounds N]`.
import { createServer } from 'node:http'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Pool } from 'undici'
import { z } from 'zod'
import { systemClock } from '../packages/tenon/src/base/clock.ts'
import { Secret } from '../packages/tenon/src/base/secret.ts'
import { createClient } from '../packages/tenon/src/client/client.ts'
import { createConnections } from '../packages/tenon/src/connection/connection.ts'
import { bearer } from '../packages/tenon/src/definition/auth.ts'
import { defineConnector, type Connector } from '../packages/tenon/src/definition/connector.ts'
import { median, round } from './measure/statistics.ts'

const inFlight = 64
const callsPerRound = 20_000
const key = 'sk_bench_0123456789'

if (process.send === undefined) await measure()
else serve()

/** The provider: a process of its own, so that its work is not counted. */
function serve(): void {
  const body = JSON.stringify({
    id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
    object: 'payment_intent',
    amount: 1999,
    currency: 'eur',
    status: 'requires_confirmation',
    metadata: { order_id: '7' },
    livemode: false,
  })
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req_1' })
      response.end(body)
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
  process.on('disconnect', () => process.exit())
}

interface Round {
  readonly perSecond: number
  readonly cpuUs: number
}

async function drive(call: () => Promise<unknown>): Promise<Round> {
  let left = callsPerRound
  const started = performance.now()
  const before = process.cpuUsage()
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await call()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const { user, system } = process.cpuUsage(before)
  return { perSecond: (callsPerRound / (performance.now() - started)) * 1000, cpuUs: (user + system) / callsPerRound }
}

async function measure(): Promise<void> {
  const provider = fork(import.meta.filename)
  const [{ port }] = (await once(provider, 'message')) as [{ port: number }]
  const origin = `http://127.0.0.1:${port}`
  const pool = new Pool(origin, { connections: 128, pipelining: 1 })
  const client = await clientFor(origin)
  const bare = async (): Promise<unknown> => {
    const answer = await pool.request({
      method: 'POST',
      path: '/v1/payment_intents',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': 'run.step',
      },
      body: 'amount=1999&currency=eur&metadata[order_id]=7',
    })
    return await answer.body.json()
  }
  const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 5
  const results: Record<'bare' | 'tenon', Round[]> = { bare: [], tenon: [] }
  for (let index = 0; index <= rounds; index += 1) {
    const [one, other] = [await drive(bare), await drive(client.call)]
    // The first round warms up.
    if (index === 0) continue
    results.bare.push(one)
    results.tenon.push(other)
  }
  await Promise.all([client.close(), pool.destroy()])
  provider.disconnect()
  report(results)
}

async function clientFor(origin: string): Promise<{ call(): Promise<unknown>; close(): Promise<void> }> {
  const stripe = defineConnector('stripe', {
    baseUrl: origin,
    auth: bearer('key', 'Key'),
    idempotency: { header: 'idempotency-key', life: '24h' },
    failure: ({ status }) => (status < 400 ? null : { message: 'refused' }),
    operations: {
      create: {
        method: 'POST',
        path: '/v1/payment_intents',
        body: 'form',
        input: z.object({ amount: z.int(), currency: z.string(), metadata: z.record(z.string(), z.string()) }),
        output: z.looseObject({
          id: z.string(),
          amount: z.int(),
          currency: z.string(),
          status: z.string(),
          metadata: z.record(z.string(), z.string()),
        }),
      } as never,
    },
  }) as unknown as Connector
  const connections = await createConnections({
    connections: [
      {
        tenant: 'default',
        connector: stripe,
        name: 'main',
        baseUrl: origin,
        credentials: { key: new Secret(key) },
        simulated: true,
      },
    ],
  })
  const client = createClient({ connections, clock: systemClock })
  return {
    close: () => client.close(),
    async call() {
      const input = { amount: 1999, currency: 'eur', metadata: { order_id: '7' } }
      const more = { idempotencyKey: 'run.step', mayHaveHappened: false, timeoutMs: null, signal: null }
      const answer = await client.call({
        tenant: 'default',
        connector: stripe,
        connection: 'main',
        operation: 'create',
        input,
        ...more,
      })
      if (answer.outcome !== 'answered') throw new Error('the call failed')
      return answer
    },
  }
}

function report({ bare, tenon }: Record<'bare' | 'tenon', Round[]>): void {
  const middle = (rounds: Round[], name: keyof Round): number => median(rounds.map((one) => one[name]))
  // Taken per pair of rounds: the machine's mood is the same for both of a pair.
  const ratios = tenon.map((one, index) => one.perSecond / (bare[index]?.perSecond ?? Number.NaN))
  const figures = {
    job: 'client',
    bare_per_s: round(middle(bare, 'perSecond')),
    tenon_per_s: round(middle(tenon, 'perSecond')),
    ratio: round(median(ratios), 2),
    bare_cpu_us: round(middle(bare, 'cpuUs'), 1),
    cpu_us: round(middle(tenon, 'cpuUs'), 1),
  }
  if (!process.argv.includes('--json'))
    console.log(
      `bare undici ${figures.bare_per_s}/s, through the client ${figures.tenon_per_s}/s, ratio ${figures.ratio}`,
    )
  console.log(JSON.stringify(figures))
}
