// A description that says in as many ways as there are what a request and an answer look like.
const text = { type: 'string' } as const
const whole = { type: 'integer' } as const
const texts = { type: 'array', items: text } as const
const point = { type: 'object', properties: { x: whole, y: whole } } as const

const reference = (name: string): object => ({ $ref: `#/components/schemas/${name}` })
const answer = (schema: object, type = 'application/json'): object => ({
  description: 'good',
  content: { [type]: { schema } },
})
const body = (schema: object, type = 'application/json', more: object = {}): object => ({
  required: true,
  content: { [type]: { schema, ...more } },
})
const parameter = (name: string, place: string, schema: object, more: object = {}): object => ({
  name,
  in: place,
  schema,
  ...(place === 'path' && { required: true }),
  ...more,
})
const done = { '204': { description: 'done' } }

export const shop = {
  openapi: '3.0.3',
  info: { title: 'Shop API', version: '2.3.0', description: 'Orders of a shop.' },
  servers: [{ url: 'https://shop.example/v2' }],
  security: [{ token: [] }],
  paths: {
    '/orders': {
      get: {
        operationId: 'list-orders',
        tags: ['orders'],
        summary: 'Lists orders.',
        parameters: [
          parameter('status', 'query', texts, { explode: false }),
          parameter('tags', 'query', texts),
          parameter(
            'filter',
            'query',
            { type: 'object', properties: { from: text, sum: whole, any: texts } },
            { style: 'deepObject', explode: true },
          ),
          parameter('bars', 'query', { type: 'array', items: whole }, { style: 'pipeDelimited', explode: false }),
          parameter('blanks', 'query', texts, { style: 'spaceDelimited', explode: false }),
          parameter('at', 'query', point),
          parameter('near', 'query', point, { explode: false }),
          parameter('where', 'query', text, { allowReserved: true }),
          { name: 'query', in: 'query', content: { 'application/json': { schema: point } } },
          parameter('limit', 'query', { ...whole, default: 20 }),
          parameter('cursor', 'query', text),
          parameter('X-Trace', 'header', texts),
          parameter('session', 'cookie', text),
          parameter('authorization', 'header', text),
        ],
        responses: {
          '200': answer({
            type: 'object',
            required: ['data'],
            properties: {
              data: { type: 'array', items: reference('Order') },
              next_cursor: { ...text, nullable: true },
            },
          }),
          default: { $ref: '#/components/responses/Problem' },
        },
      },
      post: {
        operationId: 'create-order',
        tags: ['orders'],
        requestBody: body(reference('Order')),
        responses: {
          '201': answer(reference('Order')),
          '202': { description: 'later' },
          default: { $ref: '#/components/responses/Problem' },
        },
        callbacks: {
          'order.shipped': {
            '{$request.body#/url}': { post: { requestBody: body(reference('Order')), responses: done } },
          },
        },
      },
    },
    '/orders/{id}/points/{label}/{matrix}/{plain}': {
      parameters: [parameter('id', 'path', text)],
      put: {
        operationId: 'movePoints',
        parameters: [
          parameter('label', 'path', { type: 'array', items: whole }, { style: 'label' }),
          parameter('matrix', 'path', point, { style: 'matrix', explode: true }),
          parameter('plain', 'path', texts),
        ],
        requestBody: body({ type: 'object', properties: { id: text, force: { type: 'boolean' } } }),
        responses: { '204': { description: 'done', headers: { Location: { schema: text } } } },
      },
    },
    '/forms': {
      post: {
        operationId: 'sendForm',
        requestBody: body(
          {
            type: 'object',
            properties: {
              name: text,
              tags: texts,
              address: { type: 'object', properties: { city: text, lines: texts } },
              extra: { type: 'object', properties: { a: whole } },
            },
            required: ['name'],
          },
          'application/x-www-form-urlencoded',
          {
            encoding: { address: { style: 'deepObject', explode: true } },
          },
        ),
        responses: { '200': answer({ type: 'string' }, 'text/plain') },
      },
    },
    '/files': {
      post: {
        operationId: 'uploadFile',
        requestBody: body(
          {
            type: 'object',
            required: ['file'],
            properties: {
              title: text,
              file: { ...text, format: 'binary' },
              more: { type: 'array', items: { ...text, format: 'binary' } },
              about: point,
            },
          },
          'multipart/form-data',
          {
            encoding: { file: { contentType: 'image/png' } },
          },
        ),
        responses: { '200': answer({ ...text, format: 'binary' }, 'image/png') },
      },
      put: {
        operationId: 'replaceFile',
        requestBody: body({ ...text, format: 'binary' }, 'application/octet-stream'),
        responses: done,
      },
    },
    '/lines': {
      post: {
        operationId: 'sendLines',
        requestBody: body({ type: 'array', items: point }, 'application/x-ndjson'),
        responses: { '200': answer(point, 'application/x-ndjson') },
      },
    },
    '/xml': {
      post: {
        operationId: 'sendXml',
        requestBody: body(reference('Parcel'), 'application/xml'),
        responses: { '200': answer(reference('Parcel'), 'application/xml') },
      },
    },
    '/patch/{id}': {
      patch: {
        operationId: 'patchOrder',
        parameters: [parameter('id', 'path', text)],
        requestBody: body({ type: 'object', additionalProperties: text }, 'application/merge-patch+json'),
        responses: { '200': answer({ oneOf: [reference('Order'), { type: 'null' }] }) },
      },
    },
    '/notes': {
      post: { operationId: 'addNote', requestBody: body(text, 'text/plain'), responses: { '201': answer(text) } },
      get: {
        operationId: 'listNotes',
        parameters: [parameter('page', 'query', whole)],
        responses: { '200': { ...answer(texts), headers: { Link: { schema: text } } } },
      },
      head: {
        operationId: 'countNotes',
        responses: { '200': { description: 'good', headers: { 'X-Count': { schema: text } } } },
      },
    },
  },
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    responses: { Problem: { description: 'bad', content: { 'application/json': { schema: reference('Problem') } } } },
    schemas: {
      Order: {
        type: 'object',
        required: ['id', 'sum'],
        properties: {
          id: { ...text, readOnly: true },
          sum: { type: 'number', minimum: 0, exclusiveMinimum: true },
          note: { ...text, nullable: true },
          parent: reference('Order'),
        },
      },
      Parcel: {
        type: 'object',
        xml: { name: 'parcel', namespace: 'urn:parcels', prefix: 'p' },
        properties: {
          id: { ...whole, xml: { attribute: true } },
          to: { ...text, xml: { name: 'recipient' } },
          items: { ...texts, xml: { wrapped: true }, items: { ...text, xml: { name: 'item' } } },
          weight: { type: 'array', items: { type: 'number' } },
          inside: reference('Parcel'),
        },
      },
      Problem: { type: 'object', properties: { problem: { type: 'object', properties: { text, no: whole } } } },
    },
  },
}

const bytes = new Uint8Array([137, 80, 0, 255, 13, 10])
const order = { id: 'o1', sum: 12.5, note: null, parent: { id: 'o0', sum: 1 } }
const parcel = { id: 7, to: 'A & <B>', items: ['pen', 'ink\n"black"'], weight: [1.5, 2], inside: { id: 8 } }

export const shopCases = [
  {
    operation: 'listOrders',
    input: {
      status: ['a', 'b'],
      tags: ['x,y', 'z&1'],
      filter: { from: 'a=b', sum: 3, any: ['p', 'q'] },
      bars: [1, 2],
      blanks: ['a', 'b'],
      at: { x: 1, y: 2 },
      near: { x: 3, y: 4 },
      where: 'a/b:c',
      query: { x: 5 },
      limit: 5,
      'X-Trace': ['t1', 't2'],
      session: 'a b;ü',
    },
    output: { data: [order], next_cursor: 'c2' },
  },
  { operation: 'createOrder', input: { sum: 12.5, note: null }, output: order },
  { operation: 'createOrder', input: { sum: 1 }, output: null },
  {
    operation: 'movePoints',
    input: { id: 'a/b ü', label: [1, 2], matrix: { x: 1, y: -2 }, plain: ['p', 'q'], idInBody: 'new', force: true },
    output: { location: '/orders/7' },
  },
  {
    operation: 'sendForm',
    input: { name: 'Ann & Bob', tags: ['a', 'b'], address: { city: 'Köln', lines: ['1', '2'] }, extra: { a: 1 } },
    output: 'thanks',
  },
  {
    operation: 'uploadFile',
    input: {
      title: 'a "title"\r\n',
      file: { data: bytes, name: 'a.png', type: 'image/png' },
      more: [bytes, bytes],
      about: { x: 1 },
    },
    output: bytes,
  },
  { operation: 'replaceFile', input: { body: bytes }, output: null },
  { operation: 'sendLines', input: { body: [{ x: 1 }, { x: 2, y: 3 }] }, output: [{ x: 1 }, { y: 2 }] },
  { operation: 'sendXml', input: { body: parcel }, output: parcel },
  { operation: 'patchOrder', input: { id: 'o1', body: { note: 'x' } }, output: order },
  { operation: 'addNote', input: { body: 'a\nnote' }, output: 'n1' },
  { operation: 'listNotes', input: { page: 2 }, output: { items: ['a'], next: '/notes?page=3' } },
  { operation: 'listNotes', input: {}, output: { items: [], next: null } },
  { operation: 'countNotes', input: {}, output: { xCount: '7' } },
]
