// The two sides of the job: the same call by plain undici, and through the client with everything on as shipped.
import { Pool } from 'undici'
import { z } from 'zod'
import { systemClock } from '../../packages/tenon/src/base/clock.ts'
import { Secret } from '../../packages/tenon/src/base/secret.ts'
import { createClient } from '../../packages/tenon/src/client/client.ts'
import { createConnections } from '../../packages/tenon/src/connection/connection.ts'
import { bearer } from '../../packages/tenon/src/definition/auth.ts'
import type { PolicyOptions } from '../../packages/tenon/src/definition/policy.ts'
import { loadPolicies } from '../../packages/tenon/src/outbound/pipeline.ts'
import { defineConnector, type Connector } from '../../packages/tenon/src/definition/connector.ts'

export interface Side {
  call(): Promise<unknown>
  close(): Promise<void>
}

const key = 'sk_bench_0123456789'

/** A good plain program: a pool, the same headers, the answer parsed. */
export function bareSide(origin: string): Side {
  const pool = new Pool(origin, { connections: 128, pipelining: 1 })
  return {
    close: () => pool.destroy(),
    async call() {
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
      if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`)
      return await answer.body.json()
    },
  }
}

const intent = { amount: z.int(), currency: z.string(), metadata: z.record(z.string(), z.string()) }

function connectorAt(origin: string): Connector {
  return defineConnector('stripe', {
    baseUrl: origin,
    auth: bearer('key', 'Key'),
    idempotency: { header: 'idempotency-key', life: '24h' },
    failure: ({ status }) => (status < 400 ? null : { message: 'refused' }),
    operations: {
      create: {
        method: 'POST',
        path: '/v1/payment_intents',
        body: 'form',
        input: z.object(intent),
        output: z.looseObject({ id: z.string(), status: z.string(), ...intent }),
      } as never,
    },
  })
}

/** `policies`: in place of those that are shipped, member by member. */
export async function tenonSide(origin: string, policies: PolicyOptions = {}): Promise<Side> {
  const connector = connectorAt(origin)
  const connection = {
    tenant: 'default',
    connector,
    name: 'main',
    baseUrl: origin,
    credentials: { key: new Secret(key) },
    simulated: true,
  }
  const client = createClient({
    connections: await createConnections({ connections: [connection] }),
    clock: systemClock,
    policies: await loadPolicies(),
    policyOptions: { stripe: policies },
  })
  return {
    close: () => client.close(),
    async call() {
      const answer = await client.call({
        tenant: 'default',
        connector,
        connection: 'main',
        operation: 'create',
        input: { amount: 1999, currency: 'eur', metadata: { order_id: '7' } },
        idempotencyKey: 'run.step',
        mayHaveHappened: false,
        timeoutMs: null,
        signal: null,
      })
      if (answer.outcome !== 'answered') throw new Error('the call failed')
      return answer
    },
  }
}
