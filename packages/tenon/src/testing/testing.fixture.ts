import { z } from 'zod'
import { bearer, tokenLogin } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { event } from '../definition/event.ts'
import { defineFlow } from '../definition/flow.ts'
import { operation } from '../definition/operation.ts'
import { signal } from '../definition/trigger.ts'
import { bodyHmac } from '../definition/verifier.ts'
import { Answer, cause, defineSimulator, type Refusal } from '../simulator/simulator.ts'

const transfer = z.object({ id: z.string(), reference: z.string(), status: z.string() })
type Transfer = z.output<typeof transfer>
const byReference = z.object({ reference: z.string() })
const byId = z.object({ id: z.string() })
const received = z.object({ id: z.string(), type: z.string(), data: z.unknown() })

/** Takes idempotency keys, and signs its webhooks. */
export const bank = defineConnector('bank', {
  baseUrl: 'https://bank.example/v1',
  auth: bearer('apiKey', 'API key'),
  idempotency: { header: 'idempotency-key', life: '24h' },
  timeout: '10s',
  operations: {
    pay: operation({ method: 'POST', path: '/transfers', input: byReference, output: transfer }),
    giveBack: operation({ method: 'POST', path: '/transfers/{id}/return', input: byId, output: transfer }),
  },
  events: {
    ordered: event({ data: z.object({ order: z.string() }) }),
    settled: event({ data: transfer, correlate: { reference: (data) => data.reference } }),
  },
  webhooks: {
    verify: bodyHmac({ header: 'bank-signature', field: 'webhookSecret' }),
    read: (body) => [received.parse(body)],
  },
})

/** Has a login whose tokens end. It takes no keys: a parcel is looked up before it is sent again, a note cannot be. */
export const carrier = defineConnector('carrier', {
  baseUrl: 'https://carrier.example',
  auth: tokenLogin(
    { user: { label: 'User' }, password: { label: 'Password' } },
    {
      login: ({ user, password }) => ({ path: '/login', body: { user, password } }),
      token: (body) => (body as { token?: string }).token,
      life: '1h',
    },
  ),
  timeout: '10s',
  operations: {
    find: operation({
      method: 'GET',
      path: '/parcels',
      input: byReference,
      output: z.object({ parcels: z.array(byId) }),
    }),
    ship: operation({
      method: 'POST',
      path: '/parcels',
      input: byReference,
      output: byId,
      lookup: {
        operation: 'find',
        input: ({ reference }: { reference: string }) => ({ reference }),
        found: ({ parcels }: { parcels: readonly { id: string }[] }) => parcels[0] ?? null,
      },
    }),
    note: operation({ method: 'POST', path: '/notes', input: byReference, output: byId }),
  },
})

function refuse(refusal: Refusal): Answer {
  const statuses: Partial<Record<Refusal['reason'], number>> = {
    'rate-limited': 429,
    broken: 500,
    unauthenticated: 401,
    'key-busy': 409,
  }
  const headers = refusal.reason === 'rate-limited' ? { 'retry-after': String(refusal.retryAfterS) } : {}
  return new Answer(statuses[refusal.reason] ?? 400, { reason: refusal.reason }, headers)
}

export const bankSimulator = defineSimulator(bank, {
  refuse,
  operations: {
    pay({ reference }, simulation) {
      const made: Transfer = { id: simulation.id('tr_'), reference, status: 'pending' }
      simulation.table<Transfer>('transfers').put(made.id, made)
      simulation.later('settled', { id: made.id }, 3_600_000)
      return made
    },
    giveBack({ id }, simulation) {
      const returned = { id, reference: '', ...simulation.table<Transfer>('transfers').get(id), status: 'returned' }
      simulation.table<Transfer>('transfers').put(id, returned)
      return returned
    },
  },
  events: {
    ordered: cause(z.object({ order: z.string() }), (data, simulation) =>
      simulation.deliver('ordered', { id: simulation.id('evt_'), type: 'ordered', data }),
    ),
    settled: cause(byId, ({ id }, simulation) => {
      const settled = { id, reference: '', ...simulation.table<Transfer>('transfers').get(id), status: 'settled' }
      simulation.table<Transfer>('transfers').put(id, settled)
      simulation.deliver('settled', { id: simulation.id('evt_'), type: 'settled', data: settled })
      return settled
    }),
  },
})

export const carrierSimulator = defineSimulator(carrier, {
  refuse,
  operations: {
    find: ({ reference }, simulation) => ({
      parcels: [...simulation.table<{ id: string; reference: string }>('parcels').values()].filter(
        (parcel) => parcel.reference === reference,
      ),
    }),
    ship({ reference }, simulation) {
      const id = simulation.id('pc_')
      simulation.table('parcels').put(id, { id, reference })
      return { id }
    },
    note({ reference }, simulation) {
      const id = simulation.id('nt_')
      simulation.table('notes').put(id, { id, reference })
      return { id }
    },
  },
})

export const simulators = [bankSimulator, carrierSimulator] as const

/** Pays, ships, writes down, waits for the money; takes back what it paid. */
export const order = defineFlow('order', {
  trigger: bank.on('ordered'),
  uses: { bank, carrier },
  waits: { settled: bank.on('settled'), approved: signal(z.object({ by: z.string() })) },
  key: ({ data }) => data.order,
  async run({ event, bank, carrier, step }) {
    const reference = event.data.order
    await bank.pay({ reference }, { undo: ({ id }) => bank.giveBack({ id }) })
    const [parcel] = await Promise.all([
      carrier.ship({ reference }),
      step.run('write down', () => `order ${reference}`),
    ])
    await step.waitFor('settled', { match: { reference }, timeout: '14d' })
    return parcel.id
  },
})
