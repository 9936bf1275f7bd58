// The two sides of the job: the same call by hand with a check by zod, and by an operation that was made from a description.
import { Pool } from 'undici'
import { z } from 'zod'
import { validate } from '../../packages/tenon/src/base/schema.ts'
import { partsOf, readAnswer } from '../../packages/tenon/src/client/answer.ts'
import { parsePath } from '../../packages/tenon/src/client/path.ts'
import { writeRequest } from '../../packages/tenon/src/client/request.ts'
import type { Plan } from '../../packages/tenon/src/client/plan.ts'
import type { AnswerParts } from '../../packages/tenon/src/definition/operation.ts'
import { protocol } from '../../packages/tenon/src/protocol/rest/rest.ts'
import { answer, description, input } from './order.ts'

export interface Side {
  /** Asks and is answered, over HTTP. */
  call(): Promise<unknown>
  /** The same without the way there and back: writes the request, reads the answer. */
  codec(): unknown
  close(): Promise<void>
}

const received = Buffer.from(JSON.stringify(answer))
const json = { 'content-type': 'application/json' }

const money = z.object({ amount: z.number(), currency: z.string() })
const line = z.object({ sku: z.string(), name: z.string(), quantity: z.int(), price: money })
const address = z.object({
  name: z.string(),
  street: z.string(),
  city: z.string(),
  zip: z.string(),
  country: z.string(),
})
const order = z.object({
  id: z.string(),
  status: z.enum(['open', 'paid', 'closed']),
  created_at: z.string(),
  total: money,
  customer: z.string(),
  lines: z.array(line),
  shipping: address,
  billing: address,
  note: z.string().nullable(),
  tags: z.array(z.string()),
})

/** What a good programmer writes: no check of what he sends, one of what he gets. */
export function handSide(origin: string): Side {
  const pool = new Pool(origin, { connections: 128, pipelining: 1 })
  const request = (): { readonly path: string; readonly body: string } => {
    const { shop, dryRun, ...body } = input
    const query = new URLSearchParams({ dryRun: String(dryRun) })
    return { path: `/shops/${encodeURIComponent(shop)}/orders?${query.toString()}`, body: JSON.stringify(body) }
  }
  const read = (text: string): unknown => order.parse(JSON.parse(text))
  return {
    close: () => pool.destroy(),
    codec() {
      request()
      return read(received.toString('utf8'))
    },
    async call() {
      const { statusCode, body } = await pool.request({ method: 'POST', headers: json, ...request() })
      if (statusCode !== 201) throw new Error(`answered ${statusCode}`)
      return read(await body.text())
    },
  }
}

export async function typedSide(origin: string): Promise<Side> {
  const pool = new Pool(origin, { connections: 128, pipelining: 1 })
  const api = await protocol.describe(
    { location: 'order.json', text: JSON.stringify(description), related: () => Promise.reject(new Error('none')) },
    { only: () => true },
  )
  const [described] = api.operations
  if (described === undefined) throw new Error('the description has no operation')
  const operation = protocol.operation({ ...described, api: api.wire, schemas: api.schemas })
  const base = { origin, path: '' }
  const plan = {
    what: 'shop.createOrder',
    operation,
    base,
    path: parsePath('', operation.path, 'shop'),
    form: 'json',
    headers: [],
  }
  const write = (): ReturnType<typeof writeRequest> =>
    writeRequest(plan as unknown as Plan, validate(operation.input, input, plan.what))
  const read = (status: number, body: Buffer): unknown => {
    const parts = partsOf(readAnswer({ status, headers: json, body, isComplete: true }))
    if (operation.failure?.(parts) !== null) throw new Error('the call failed')
    const found = (operation.response as (answer: AnswerParts) => unknown)(parts)
    return validate(operation.output, found, plan.what, 'UPSTREAM_ANSWER_INVALID')
  }
  return {
    close: () => pool.destroy(),
    codec() {
      write()
      return read(201, received)
    },
    async call() {
      const { path, headers, body } = write()
      const answered = await pool.request({ method: 'POST', path, headers: [...headers], body })
      return read(answered.statusCode, Buffer.from(await answered.body.arrayBuffer()))
    },
  }
}
