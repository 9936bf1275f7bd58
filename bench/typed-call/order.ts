// An order as shops have them: what is asked for, what is answered, and how a description says it.
const line = { sku: 'A-1', name: 'Pen, black', quantity: 3, price: { amount: 1.5, currency: 'EUR' } }
const address = { name: 'Ann', street: 'Main St 1', city: 'Köln', zip: '50667', country: 'DE' }

export const input = {
  shop: 'eu-1',
  dryRun: false,
  customer: 'c_1',
  lines: [line, line, line],
  shipping: address,
  note: null,
  tags: ['new', 'paid'],
}

export const answer = {
  id: 'o_1',
  status: 'open',
  created_at: '2026-01-01T00:00:00Z',
  total: { amount: 13.5, currency: 'EUR' },
  customer: 'c_1',
  lines: [line, line, line],
  shipping: address,
  billing: address,
  note: null,
  tags: ['new', 'paid'],
}

const text = { type: 'string' }
const schema = (name: string): object => ({ $ref: `#/components/schemas/${name}` })
const listOf = (items: object): object => ({ type: 'array', items })
const object = (properties: object, required: readonly string[] = Object.keys(properties)): object => ({
  type: 'object',
  properties,
  required,
})

export const description = {
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: 'https://shop.example' }],
  paths: {
    '/shops/{shop}/orders': {
      post: {
        operationId: 'createOrder',
        parameters: [
          { name: 'shop', in: 'path', required: true, schema: text },
          { name: 'dryRun', in: 'query', schema: { type: 'boolean' } },
        ],
        requestBody: { required: true, content: { 'application/json': { schema: schema('NewOrder') } } },
        responses: { 201: { description: 'made', content: { 'application/json': { schema: schema('Order') } } } },
      },
    },
  },
  components: {
    schemas: {
      Money: object({ amount: { type: 'number' }, currency: text }),
      Line: object({ sku: text, name: text, quantity: { type: 'integer' }, price: schema('Money') }),
      Address: object({ name: text, street: text, city: text, zip: text, country: text }),
      NewOrder: object({
        customer: text,
        lines: listOf(schema('Line')),
        shipping: schema('Address'),
        note: { type: ['string', 'null'] },
        tags: listOf(text),
      }),
      Order: object({
        id: text,
        status: { enum: ['open', 'paid', 'closed'] },
        created_at: text,
        total: schema('Money'),
        customer: text,
        lines: listOf(schema('Line')),
        shipping: schema('Address'),
        billing: schema('Address'),
        note: { type: ['string', 'null'] },
        tags: listOf(text),
      }),
    },
  },
}
