import { describe, expect, test } from 'vitest'
import { TenonError } from '../../base/errors.ts'
import type { ApiDescription, DescribedOperation, SourceDocument } from '../description.ts'
import { protocol } from './rest.ts'

type Fields = Readonly<Record<string, unknown>>

/** Reads a document of several files: the first is the description. */
async function read(
  first: unknown,
  others: Readonly<Record<string, unknown>> = {},
  only = (): boolean => true,
): Promise<ApiDescription> {
  const source = (location: string, value: unknown): SourceDocument => ({
    location,
    text: typeof value === 'string' ? value : JSON.stringify(value),
    related(name) {
      const path = name.replace(/^\.\//, '')
      if (Object.hasOwn(others, path)) return Promise.resolve(source(path, others[path]))
      return Promise.reject(new TenonError('DESCRIPTION_INVALID', 'there is no such file'))
    },
  })
  return protocol.describe(source('api.json', first), { only })
}

const open = (paths: Fields, more: Fields = {}): Fields => ({
  openapi: '3.1.0',
  info: { title: 'T', version: '1' },
  servers: [{ url: 'https://t.example' }],
  paths,
  ...more,
})
const ok = (schema: unknown, more: Fields = {}): Fields => ({
  '200': { description: '', content: { 'application/json': { schema } }, ...more },
})
const get = (operation: Fields): Fields => open({ '/x': { get: { operationId: 'getX', ...operation } } })
const query = (name: string, schema: Fields = { type: 'string' }): Fields => ({ name, in: 'query', schema })

function one(api: ApiDescription): DescribedOperation {
  const [operation] = api.operations
  if (operation === undefined) throw new Error('there is no operation')
  return operation
}

const messages = ({ notes }: ApiDescription): string[] => notes.map(({ place, message }) => `${place} ${message}`)

describe('REST-01: schemas become JSON Schema 2020-12', () => {
  test.each<readonly [string, Fields, unknown]>([
    ['nullable', { type: 'string', nullable: true, enum: ['a'] }, { type: ['string', 'null'], enum: ['a', null] }],
    ['x-nullable', { type: 'string', 'x-nullable': true }, { type: ['string', 'null'] }],
    [
      'nullable without a type',
      { nullable: true, oneOf: [{ type: 'string' }, { type: 'integer' }] },
      { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'null' }] },
    ],
    [
      'exclusive limits as flags',
      { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false },
      { type: 'number', exclusiveMinimum: 1, maximum: 5 },
    ],
    [
      'tuples',
      { type: 'array', items: [{ type: 'string' }], additionalItems: false },
      { type: 'array', prefixItems: [{ type: 'string' }], items: false },
    ],
    ['an example', { type: 'string', example: 'x' }, { type: 'string', examples: ['x'] }],
    [
      'required at a property',
      { properties: { a: { type: 'string', required: true } } },
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    ],
    ['types that are none', { type: 'int', format: '' }, { type: 'integer' }],
    ['a file', { type: 'file' }, { type: 'string', format: 'binary' }],
    ['allOf of one', { allOf: [{ type: 'string' }], description: 'd' }, { type: 'string', description: 'd' }],
    ['numbers as text', { type: 'string', maxLength: '5' }, { type: 'string', maxLength: 5 }],
    ['what says nothing about data', { type: 'string', externalDocs: {}, 'x-internal': 1 }, { type: 'string' }],
  ])('%s', async (_name, given, wanted) => {
    expect(one(await read(get({ responses: ok(given) }))).output).toEqual(wanted)
  })

  test('references are named, also those beside which something stands, through circles, anchors and other files', async () => {
    const api = await read(
      open(
        {
          '/x': {
            get: {
              operationId: 'getX',
              responses: ok({ $ref: '#/components/schemas/tree-node', description: 'the root' }),
            },
          },
        },
        {
          components: {
            schemas: {
              'tree-node': {
                type: 'object',
                properties: {
                  children: { type: 'array', items: { $ref: '#/components/schemas/tree-node' } },
                  money: { $ref: './common.json#/money' },
                  unit: { $ref: '#unit' },
                  file: { $ref: 'whole.yaml' },
                },
              },
              Unit: { $anchor: 'unit', type: 'string' },
            },
          },
        },
      ),
      {
        'common.json': {
          money: { type: 'object', properties: { back: { $ref: 'api.json#/components/schemas/Unit' } } },
        },
        'whole.yaml': 'type: integer\n',
        'api.json': {},
      },
    )
    expect(one(api).output).toEqual({ $ref: '#/$defs/TreeNode', description: 'the root' })
    expect(api.schemas['TreeNode']).toMatchObject({
      properties: {
        children: { items: { $ref: '#/$defs/TreeNode' } },
        money: { $ref: '#/$defs/Money' },
        unit: { $ref: '#/$defs/Unit' },
        file: { $ref: '#/$defs/Whole' },
      },
    })
    expect(api.schemas).toMatchObject({
      Money: { type: 'object' },
      Unit: { type: 'string' },
      Whole: { type: 'integer' },
    })
  })

  test('a reference that leads nowhere, or in a circle, is anything, with a note', async () => {
    const api = await read(
      open(
        {
          '/x': {
            get: {
              responses: ok({
                properties: {
                  a: { $ref: '#/components/schemas/None' },
                  b: { $ref: '#/components/schemas/A' },
                  c: { $ref: 'gone.json' },
                },
              }),
            },
          },
        },
        { components: { schemas: { A: { $ref: '#/components/schemas/B' }, B: { $ref: '#/components/schemas/A' } } } },
      ),
    )
    expect(one(api).output).toMatchObject({ properties: { a: {}, c: {} } })
    expect(Object.values(api.schemas)).toContain(true)
    expect(messages(api)).toEqual([
      expect.stringContaining('None leads nowhere'),
      expect.stringContaining('gone.json there is no such file'),
      expect.stringContaining('in a circle'),
    ])
  })

  test('a schema has a form for requests of its own only where it demands what one side alone sends', async () => {
    const order = {
      type: 'object',
      required: ['id', 'sum'],
      properties: { id: { type: 'string', readOnly: true }, sum: { type: 'number' } },
    }
    const note = { type: 'object', properties: { at: { type: 'string', readOnly: true } } }
    const both = {
      type: 'object',
      properties: { order: { $ref: '#/components/schemas/Order' }, note: { $ref: '#/components/schemas/Note' } },
    }
    const api = await read(
      open(
        { '/x': { post: { requestBody: { content: { 'application/json': { schema: both } } }, responses: ok(both) } } },
        { components: { schemas: { Order: order, Note: note } } },
      ),
    )
    expect(api.schemas).toEqual({
      Order: order,
      Note: note,
      OrderInput: { type: 'object', required: ['sum'], properties: { sum: { type: 'number' } } },
    })
    expect(one(api).input).toMatchObject({
      properties: { order: { $ref: '#/$defs/OrderInput' }, note: { $ref: '#/$defs/Note' } },
    })
  })
})

describe('REST-01: one flat input', () => {
  const path = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
  const input = async (
    parameters: readonly unknown[],
    schema?: unknown,
    type = 'application/json',
  ): Promise<unknown> => {
    const requestBody = schema === undefined ? {} : { requestBody: { required: true, content: { [type]: { schema } } } }
    const api = await read(
      open({ '/x/{id}': { post: { parameters: [path, ...parameters], responses: {}, ...requestBody } } }),
    )
    return one(api).input
  }
  const names = async (...given: Parameters<typeof input>): Promise<string[]> =>
    Object.keys(((await input(...given)) as { properties: Fields }).properties)

  test('members of the body stand beside parameters; one that is called like a parameter has another name', async () => {
    const body = {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'integer' }, sum: { type: 'number' }, made: { type: 'string', readOnly: true } },
    }
    expect(await input([query('id'), query('limit')], body)).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string' },
        idInQuery: { type: 'string' },
        limit: { type: 'string' },
        idInBody: { type: 'integer' },
        sum: { type: 'number' },
      },
      required: ['id', 'idInBody'],
    })
  })

  test.each<readonly [string, unknown, string?]>([
    [
      'a choice',
      {
        oneOf: [
          { type: 'object', properties: { a: {} } },
          { type: 'object', properties: { b: {} } },
        ],
      },
    ],
    ['a list', { type: 'array', items: {} }],
    ['any members', { type: 'object', additionalProperties: { type: 'string' } }],
    [
      'members of its own and a schema for others',
      { type: 'object', properties: { a: {} }, additionalProperties: { type: 'string' } },
    ],
    ['XML', { type: 'object', properties: { a: {} } }, 'application/xml'],
  ])('a body that is %s is the member body', async (_name, schema, type = 'application/json') => {
    expect(await names([], schema, type as string)).toEqual(['id', 'body'])
  })

  test('a body put together of parts is flat too, and what is not known is refused only where the body is closed', async () => {
    const parts = { allOf: [{ type: 'object', properties: { a: {} }, required: ['a'] }, { properties: { b: {} } }] }
    expect(await input([], parts)).toMatchObject({ properties: { id: {}, a: {}, b: {} }, required: ['id', 'a'] })
    expect(await input([], parts)).not.toHaveProperty('additionalProperties')
    expect(await input([query('a')])).toMatchObject({ additionalProperties: false })
  })

  test('an operation says more than its path, and headers that are described elsewhere are none of its parameters', async () => {
    const shared = [query('page', { type: 'integer' }), query('kept'), { name: 'Accept', in: 'header', schema: {} }]
    const api = await read(
      open({
        '/x/{a}/{b}': {
          parameters: shared,
          get: { parameters: [query('page'), { name: 'c', in: 'path', schema: {} }], responses: {} },
        },
      }),
    )
    expect(one(api).input).toMatchObject({
      properties: { a: { type: 'string' }, b: { type: 'string' }, page: { type: 'string' }, kept: {} },
      required: ['a', 'b'],
    })
    expect(Object.keys((one(api).input as { properties: Fields }).properties)).toEqual(['a', 'b', 'page', 'kept'])
    expect(messages(api).filter((message) => /parameter \{|place for \{/.test(message))).toHaveLength(3)
  })
})

describe('REST-01: names', () => {
  const named = async (paths: Fields): Promise<string[]> => (await read(open(paths))).operations.map(({ name }) => name)
  const operation = (operationId?: string): Fields => ({
    ...(operationId !== undefined && { operationId }),
    responses: {},
  })

  test('an operationId is made an identifier; without one the method and the path are', async () => {
    expect(
      await named({
        '/a': {
          get: operation('repos/list-for-org'),
          post: operation('SMSSend'),
          put: operation('2fa.List'),
          delete: operation('then'),
        },
      }),
    ).toEqual(['reposListForOrg', 'call2faList', 'smsSend', 'thenOperation'])
    expect(await named({ '/orders/{order-id}/items': { get: operation() }, '/': { get: operation('!!!') } })).toEqual([
      'getOrdersByOrderIdItems',
      'get',
    ])
  })

  test('a name that is taken leaves the first where it is, and what is wanted changes no name', async () => {
    const paths = { '/a': { get: operation('list') }, '/b': { get: operation('list') } }
    expect(await named(paths)).toEqual(['list', 'getB'])
    const api = await read(open(paths), {}, (({ name }: { name: string }) => name === 'getB') as never)
    expect(api.operations.map(({ name }) => name)).toEqual(['getB'])
  })
})

describe('REST-06: pages are recognised where the description says that there are some', () => {
  const list = (more: Fields = {}): Fields => ({
    type: 'object',
    properties: { data: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' } } } }, ...more },
  })
  const text = { type: 'string' }
  const whole = { type: 'integer' }
  const yes = { type: 'boolean' }

  test.each<readonly [string, readonly string[], Fields, unknown]>([
    ['a cursor', ['cursor'], list({ next_cursor: text }), { by: 'cursor', from: ['next_cursor'], to: 'cursor' }],
    [
      'a cursor further inside',
      ['cursor'],
      list({ response_metadata: { type: 'object', properties: { next_cursor: text } } }),
      { by: 'cursor', from: ['response_metadata', 'next_cursor'], to: 'cursor' },
    ],
    [
      'the token of Google',
      ['pageToken', 'pageSize'],
      list({ nextPageToken: text }),
      { by: 'cursor', from: ['nextPageToken'], to: 'pageToken' },
    ],
    [
      'cursors of Meta',
      ['after', 'limit'],
      list({ paging: { type: 'object', properties: { cursors: { type: 'object', properties: { after: text } } } } }),
      { by: 'cursor', from: ['paging', 'cursors', 'after'], to: 'after' },
    ],
    [
      'the last id, as Stripe has it',
      ['starting_after', 'limit'],
      list({ has_more: yes }),
      { by: 'last', items: ['data'], id: 'id', to: 'starting_after', more: ['has_more'] },
    ],
    [
      'the address of Microsoft',
      ['$top'],
      list({ '@odata.nextLink': text }),
      { by: 'address', from: ['@odata.nextLink'], to: 'next' },
    ],
    [
      'an address in links',
      [],
      list({ links: { type: 'object', properties: { next: text } } }),
      { by: 'address', from: ['links', 'next'], to: 'next' },
    ],
  ])('%s', async (_name, parameters, schema, wanted) => {
    const { wire, isPaged } = one(
      await read(get({ parameters: parameters.map((name) => query(name)), responses: ok(schema) })),
    )
    expect(wire['paging']).toEqual(wanted)
    expect(isPaged).toBe(true)
  })

  test('numbers of pages, and of items', async () => {
    const paged = async (parameters: readonly Fields[], schema: Fields): Promise<unknown> =>
      one(await read(get({ parameters, responses: ok(schema) }))).wire['paging']
    expect(
      await paged([query('page', whole), query('per_page', { ...whole, default: 30 })], list({ total_pages: whole })),
    ).toEqual({
      by: 'page',
      to: 'page',
      first: 1,
      items: ['data'],
      size: { as: 'per_page', usual: 30 },
      pages: ['total_pages'],
    })
    expect(await paged([query('offset', whole), query('limit', whole)], list({ total: whole }))).toEqual({
      by: 'offset',
      to: 'offset',
      first: 0,
      items: ['data'],
      size: { as: 'limit' },
      total: ['total'],
    })
  })

  test('a list with the header Link gives the address too', async () => {
    const { output, input, wire } = one(
      await read(get({ responses: ok({ type: 'array', items: text }, { headers: { link: { schema: text } } }) })),
    )
    expect(output).toMatchObject({
      properties: { items: { type: 'array' }, next: { type: ['string', 'null'] } },
      required: ['items', 'next'],
    })
    expect(input).toMatchObject({ properties: { next: { type: 'string' } } })
    expect(wire).toMatchObject({ linked: true, paging: { by: 'address', from: ['next'], to: 'next' } })
  })

  test.each<readonly [string, readonly Fields[], Fields]>([
    ['no list', [query('page', whole), query('limit', whole)], { type: 'object', properties: { id: text } }],
    ['a cursor that goes nowhere', [query('cursor')], list()],
    ['a page number alone', [query('page', whole)], list()],
    ['a next that is no address', [], list({ next: text })],
  ])('%s gives no pages', async (_name, parameters, schema) => {
    expect(one(await read(get({ parameters, responses: ok(schema) })))).not.toHaveProperty('isPaged')
  })
})

describe('REST-01: servers and authentication', () => {
  const secured = async (schemes: Fields, security: unknown): Promise<unknown> =>
    (
      await read(open({ '/x': { get: { responses: {} } } }, { security, components: { securitySchemes: schemes } }))
    ).auth.map(({ scheme, arguments: given }) => [scheme, ...given])

  test('security schemes are those that connectors have, what is asked for before the rest', async () => {
    const schemes = {
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      user: { type: 'http', scheme: 'basic' },
      code: {
        type: 'oauth2',
        flows: { authorizationCode: { authorizationUrl: '/auth', tokenUrl: 'https://id.example/token', scopes: {} } },
      },
      old: { type: 'oauth2', flows: { implicit: { authorizationUrl: 'https://id.example/auth' } } },
      open: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example/.well-known/openid-configuration' },
      tls: { type: 'mutualTLS' },
      digest: { type: 'http', scheme: 'digest' },
    }
    expect(await secured(schemes, [{ code: ['read', 'write'] }])).toEqual([
      [
        'oauth2',
        {
          endpoints: { authorisation: 'https://t.example/auth', token: 'https://id.example/token' },
          scopes: ['read', 'write'],
        },
      ],
      ['apiKey', 'key', 'API key', { header: 'X-Key' }],
      ['basic', 'user', 'password'],
      ['bearer', 'token', 'Access token'],
      ['oauth2', { endpoints: { issuer: 'https://id.example' } }],
      ['mutualTls'],
    ])
  })

  test('where calls go is where most operations are; another server below is a part of the path, one elsewhere a note', async () => {
    const at = (url: string): Fields => ({ get: { servers: [{ url }], responses: {} } })
    const api = await read({
      ...open({
        '/a': at('https://{where}.example/v1/more'),
        '/b': at('https://other.example'),
        '/c': { get: { responses: {} } },
        '/d': { get: { responses: {} } },
      }),
      servers: [{ url: 'https://{where}.example/v1', variables: { where: { default: 'eu' } } }],
    })
    expect(api.baseUrl).toBe('https://eu.example/v1')
    expect(messages(api)).toContainEqual(
      expect.stringContaining('#/paths/~1b/get/servers/0 is called at another address'),
    )
  })

  test('a path with a query, blanks or a fragment is one that can be called', async () => {
    const api = await read(
      open({ '/a b?kind=x y&id={id}#part': { get: { parameters: [query('id')], responses: {} } } }),
    )
    expect(one(api).wire).toMatchObject({ path: '/a%20b', search: 'kind=x%20y' })
  })
})

test('REST-02: HEAD has no body, and headers that the transport sees to are no parameters', async () => {
  const header = (name: string): Fields => ({ name, in: 'header', schema: { type: 'string' } })
  const headers = { ETag: { schema: { type: 'string' } } }
  const parameters = [header('Content-Length'), header('Cookie'), header('X-Own')]
  const api = await read(open({ '/x': { head: { parameters, responses: ok({ type: 'string' }, { headers }) } } }))
  expect(one(api)).toMatchObject({ input: { properties: { 'X-Own': {} } }, output: { properties: { eTag: {} } } })
  expect(Object.keys((one(api).input as { properties: Fields }).properties)).toEqual(['X-Own'])
})

test('REST-01: webhooks and callbacks are events, each kind once', async () => {
  const event = (schema: unknown): Fields => ({
    post: { requestBody: { content: { 'application/json': { schema } } } },
  })
  const callbacks = {
    'order.paid': {
      '{$request.body#/url}': event({ type: 'string' }),
      '{$request.body#/other}': event({ type: 'string' }),
    },
  }
  const api = await read(
    open(
      { '/x': { post: { callbacks, responses: {} } } },
      { webhooks: { 'order.made': event({ type: 'object' }), 'order.paid': event({ type: 'integer' }) } },
    ),
  )
  expect(api.events.map(({ type, data }) => [type, data])).toEqual([
    ['order.made', { type: 'object' }],
    ['order.paid', { type: 'integer' }],
    ['order.paid.2', { type: 'string' }],
  ])
})

test('REST-01: Swagger 2.0 says the same in other words', async () => {
  const api = await read({
    swagger: '2.0',
    info: { title: 'Old', version: 1 },
    host: 'old.example',
    basePath: '/v1',
    schemes: ['http', 'https'],
    consumes: ['application/json'],
    produces: ['application/json'],
    parameters: { limit: { name: 'limit', in: 'query', type: 'integer', default: 10 } },
    securityDefinitions: {
      all: {
        type: 'oauth2',
        flow: 'accessCode',
        authorizationUrl: 'https://id.example/a',
        tokenUrl: 'https://id.example/t',
        scopes: { x: '' },
      },
      user: { type: 'basic' },
    },
    security: [{ user: [] }],
    paths: {
      '/pets': {
        get: {
          operationId: 'listPets',
          parameters: [
            { $ref: '#/parameters/limit' },
            { name: 'tags', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'pipes' },
            { name: 'ids', in: 'query', type: 'array', items: { type: 'integer' } },
          ],
          responses: { 200: { description: '', schema: { type: 'array', items: { $ref: '#/definitions/Pet' } } } },
        },
        post: {
          operationId: 'addPet',
          parameters: [{ name: 'pet', in: 'body', required: true, schema: { $ref: '#/definitions/Pet' } }],
          responses: { 201: { description: '', headers: { Location: { type: 'string' } } } },
        },
      },
      '/pets/{id}/photo': {
        post: {
          operationId: 'addPhoto',
          parameters: [
            { name: 'id', in: 'path', required: true, type: 'integer' },
            { name: 'photo', in: 'formData', type: 'file', required: true },
            { name: 'title', in: 'formData', type: 'string' },
          ],
          responses: { 204: { description: '' } },
        },
      },
    },
    definitions: {
      Pet: { type: 'object', required: ['name'], properties: { name: { type: 'string', 'x-nullable': true } } },
    },
  })
  expect(api).toMatchObject({
    format: 'Swagger 2.0',
    title: 'Old',
    version: '1',
    baseUrl: 'https://old.example/v1',
    notes: [],
  })
  expect(api.auth.map(({ scheme }) => scheme)).toEqual(['basic', 'oauth2'])
  const [list, add, photo] = api.operations
  expect(list).toMatchObject({
    input: { properties: { limit: { type: 'integer', default: 10 }, tags: { type: 'array' } } },
    output: { items: { $ref: '#/$defs/Pet' } },
  })
  expect(list?.wire).toMatchObject({
    parameters: [{ name: 'limit' }, { name: 'tags', style: 'pipeDelimited' }, { name: 'ids', explode: false }],
  })
  expect(add).toMatchObject({
    input: { properties: { name: { type: ['string', 'null'] } }, required: ['name'] },
    output: { properties: { location: { type: 'string' } } },
  })
  expect(photo).toMatchObject({
    input: { properties: { id: {}, photo: { $ref: '#/$defs/File' }, title: {} }, required: ['id', 'photo'] },
    wire: { body: { kind: 'multipart', type: 'multipart/form-data' } },
  })
})

test('REST-01: YAML is read like JSON, with merges, and neither tags nor endless aliases', async () => {
  const api = await read(
    'openapi: 3.0.0\ninfo: { title: 2020-01-01, version: 1.0 }\npaths:\n  /x:\n    get: &get\n      responses: {}\n    put:\n      <<: *get\n',
  )
  expect(api).toMatchObject({ title: '2020-01-01', version: '1' })
  expect(api.operations.map(({ name }) => name)).toEqual(['getX', 'putX'])
  const bomb = [
    'a: &a [x, x]',
    ...'bcdefghijklmnopqrst'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefghijklmnopqrst'[index]}, `.repeat(9)}]`),
  ]
  await expect(
    read(
      `openapi: 3.0.0\npaths:\n  /x: { get: { responses: { 200: { content: { application/json: { schema: { allOf: *t } } } } } } }\n`,
    ),
  ).rejects.toMatchObject({ code: 'DESCRIPTION_INVALID', message: expect.stringContaining('line 3') as string })
  const shared = await read(`${bomb.join('\n')}\nopenapi: 3.0.0\npaths: {}\n`)
  expect(shared.operations).toEqual([])
  const many = `a: &a 1\nb: [${'*a, '.repeat(10_001)}]\nopenapi: 3.0.0\npaths: {}\n`
  await expect(read(many)).rejects.toMatchObject({ code: 'DESCRIPTION_INVALID' })
})

test('REST-01: what is wrong is named with its place and what to do', async () => {
  await expect(read('{"openapi": "3.0.0",\n "paths": {]}')).rejects.toThrow(
    'api.json: is not valid JSON: unexpected character at line 2, column',
  )
  await expect(read('openapi: 3.0.0\npaths: {\n')).rejects.toThrow(
    /^api\.json at line \d+, column \d+: is not valid YAML/,
  )
  await expect(read({ openapi: '3.9.9', paths: {} })).rejects.toThrow(
    'api.json at #/openapi: the version 3.9.9 is not known; expected OpenAPI 3.0, 3.1 or 3.2, or Swagger 2.0: convert it first',
  )
  await expect(read({ openapi: '3.0.0', paths: [] })).rejects.toThrow('api.json at #: has no paths')
})
