import { parseSync } from 'oxc-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ApiDescription, DescribedOperation } from '../protocol/description.ts'
import type { JsonSchema, NamedSchemas } from '../schema/schema.ts'
import { changesBetween } from './changes.ts'
import { readGenerated } from './generated.ts'
import { generate } from './generator.ts'

const source = { location: 'shop.json', format: 'OpenAPI 3.1.0', title: 'Shop API', version: '2.3.0', sha256: 'abc' }

function operation(
  name: string,
  input: JsonSchema,
  output: JsonSchema,
  more: Partial<DescribedOperation> = {},
): DescribedOperation {
  return { name, sourceName: name, tags: [], input, output, wire: { method: 'GET' }, place: '#', ...more }
}

function described(
  operations: readonly DescribedOperation[],
  schemas: NamedSchemas = {},
  more: Partial<ApiDescription> = {},
): ApiDescription {
  return {
    protocol: 'rest',
    format: 'OpenAPI 3.1.0',
    title: 'Shop API',
    version: '2.3.0',
    baseUrl: 'https://shop.example',
    auth: [{ scheme: 'bearer', arguments: [], place: '#' }],
    events: [],
    wire: {},
    notes: [],
    schemas,
    operations,
    ...more,
  }
}

function textOf(api: ApiDescription): string {
  return generate(api, { name: 'shop', source })
}

/** The text of one type of the file. */
function typeIn(text: string, name: string): string {
  return new RegExp(`^export (?:interface|type) ${name} [^]*?(?=\n\n|\n$)`, 'm').exec(text)?.[0] ?? ''
}

/** The type that an operation states for a schema. */
function typeOfSchema(schema: JsonSchema, schemas: NamedSchemas = {}): string {
  const text = textOf(described([operation('get', { type: 'object' }, schema)], schemas))
  return /operation<\{ \[key: string\]: unknown \}, (.*)>\(/.exec(text)?.[1] ?? ''
}

const object = (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
})
const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

describe('a generated file', () => {
  const order = object(
    {
      id: { type: 'string', readOnly: true, description: 'Its number.' },
      lines: { type: 'array', items: ref('Line') },
      pin: { type: 'string', writeOnly: true },
    },
    ['id', 'lines'],
  )
  const schemas = {
    Order: order,
    Line: object({ sku: { type: 'string' }, 'unit-price': { type: ['number', 'null'] } }, ['sku']),
  }
  const api = described(
    [
      operation('createOrder', ref('Order'), ref('Order'), {
        summary: 'Creates an order.',
        deprecated: true,
        wire: { method: 'POST', path: '/orders' },
      }),
      operation(
        'listOrders',
        object({ limit: { type: 'integer' } }),
        { type: 'array', items: ref('Order') },
        { isPaged: true },
      ),
    ],
    schemas,
    { events: [{ type: 'order.paid', data: ref('Order'), place: '#' }] },
  )

  test('REST-03: is what a person would write, and the same each time', () => {
    expect(textOf(api))
      .toBe(`// Made by \`tenon add shop\` from shop.json (OpenAPI 3.1.0, "Shop API" 2.3.0). Do not edit: \`tenon add shop --update\` makes it anew.
/* oxlint-disable */
/* eslint-disable */
import { bearer } from 'tenon'
import { rest } from 'tenon/protocol/rest'

export interface Line {
  sku: string
  'unit-price'?: number | null
}

export interface ListOrdersInput {
  limit?: number
}

export interface Order {
  /** Its number. */
  id: string
  lines: Line[]
}

export interface OrderInput {
  lines: Line[]
  pin?: string
}

/** Shop API */
export const shopApi = rest.api({
  source: {"location":"shop.json","format":"OpenAPI 3.1.0","title":"Shop API","version":"2.3.0","sha256":"abc"},
  baseUrl: "https://shop.example",
  auth: bearer(),
  wire: '{}',
  schemas: {
    Line: '{"type":"object","properties":{"sku":{"type":"string"},"unit-price":{"type":["number","null"]}},"required":["sku"]}',
    Order: '{"type":"object","properties":{"id":{"type":"string","readOnly":true},"lines":{"type":"array","items":{"$ref":"#/$defs/Line"}},"pin":{"type":"string","writeOnly":true}},"required":["id","lines"]}',
  },
  operations: {
    /**
     * Creates an order.
     *
     * @deprecated
     */
    createOrder: rest.operation<OrderInput, Order>({
      description: 'Creates an order.',
      input: '{"$ref":"#/$defs/Order"}',
      output: '{"$ref":"#/$defs/Order"}',
      wire: '{"method":"POST","path":"/orders"}',
    }),
    listOrders: rest.pagedOperation<ListOrdersInput, Order[]>({
      input: '{"type":"object","properties":{"limit":{"type":"integer"}},"required":[]}',
      output: '{"type":"array","items":{"$ref":"#/$defs/Order"}}',
      wire: '{"method":"GET"}',
    }),
  },
  events: {
    'order.paid': rest.event<Order>({ data: '{"$ref":"#/$defs/Order"}' }),
  },
})
`)
    expect(textOf({ ...api, schemas: { Line: schemas.Line, Order: order } })).toBe(textOf(api))
  })

  test('REST-03: can be read back as data', () => {
    const back = readGenerated(textOf(api))
    expect(back?.source).toEqual(source)
    expect([...(back?.operations.keys() ?? [])]).toEqual(['createOrder', 'listOrders'])
    expect(back?.operations.get('listOrders')).toEqual({
      input: api.operations[1]?.input,
      output: api.operations[1]?.output,
    })
    expect(back?.schemas['Line']).toEqual(schemas.Line)
    expect(readGenerated('export const shop = 1\n')).toBeNull()
  })

  test('REST-03: is read back whatever its types have for members', () => {
    const member = { type: 'object', properties: { id: { type: 'string' } } } as const
    const properties = { source: { type: 'string' }, schemas: member, operations: member } as const
    const own = { type: 'object', properties, required: Object.keys(properties) } as const
    const back = readGenerated(textOf(described([operation('get', true, { $ref: '#/$defs/Order' })], { Order: own })))
    expect(back).toMatchObject({ source, schemas: { Order: own } })
    expect([...(back?.operations.keys() ?? [])]).toEqual(['get'])
  })
})

describe('types that a person can read', () => {
  test.each<[string, JsonSchema]>([
    ['string', { type: 'string', format: 'uuid' }],
    ['Uint8Array', { type: 'string', format: 'binary' }],
    ['number | bigint | null', { type: ['integer', 'null'], format: 'int64' }],
    ["'a' | 'b' | 3 | null", { enum: ['a', 'b', 3, null] }],
    ['(string | number)[]', { type: 'array', items: { type: ['string', 'number'] } }],
    ['{ [key: string]: number }', { type: 'object', additionalProperties: { type: 'number' } }],
    [
      '[string, number?, ...unknown[]]',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 1 },
    ],
    ['Cat & Dog', { allOf: [ref('Cat'), ref('Dog')] }],
    ['Cat | Dog | null', { oneOf: [ref('Cat'), ref('Dog'), { type: 'null' }] }],
    ['Cat & (Dog | null)', { allOf: [ref('Cat'), { anyOf: [ref('Dog'), { type: 'null' }] }] }],
    ['Cat', { ...(ref('Cat') as object), description: 'A cat.' }],
    ['unknown', {}],
    ['never', false],
  ])('REST-03: %s', (text, schema) => {
    expect(typeOfSchema(schema, { Cat: object({ lives: { type: 'number' } }), Dog: object({}) })).toBe(text)
  })

  test('REST-03: branches are told apart by the member that tells them apart', () => {
    const pet: JsonSchema = {
      oneOf: [ref('Cat'), ref('Dog')],
      discriminator: { propertyName: 'kind', mapping: { cat: '#/$defs/Cat' } },
    }
    const kind = object({ kind: { type: 'string' } })
    expect(typeOfSchema(pet, { Cat: kind, Dog: kind })).toBe("(Cat & { kind: 'cat' }) | (Dog & { kind: 'Dog' })")
  })

  test('REST-03: a union of many gets a name, and a line for each', () => {
    const states = Array.from({ length: 30 }, (_, index) => `state-${index}`)
    const text = textOf(described([operation('get', {}, object({ state: { enum: states } }))]))
    expect(typeIn(text, 'GetOutput')).toContain('state?: GetOutputState')
    expect(typeIn(text, 'GetOutputState').split('\n')).toHaveLength(31)
  })

  test('REST-03: types may refer to themselves, but not be themselves', () => {
    const schemas = {
      Tree: object({ children: { type: 'array', items: ref('Tree') } }),
      Loop: { anyOf: [ref('Back'), { type: 'string' }] },
      Back: { anyOf: [ref('Loop'), { type: 'null' }] },
    } satisfies NamedSchemas
    const text = textOf(described([operation('get', {}, object({ tree: ref('Tree'), loop: ref('Loop') }))], schemas))
    expect(typeIn(text, 'Tree')).toContain('children?: Tree[]')
    expect(`${typeIn(text, 'Loop')}\n${typeIn(text, 'Back')}`).toContain('unknown')
  })

  test('REST-03: names that are taken or reserved make way', () => {
    const schemas = { GetInput: object({ a: {} }), Uint8Array: object({ b: {} }) }
    const text = textOf(
      described([operation('get', object({ c: ref('GetInput'), d: ref('Uint8Array') }), true)], schemas),
    )
    expect(text).toContain('operation<GetInput2, unknown>')
    expect(typeIn(text, 'GetInput2')).toContain('d?: Uint8ArrayType')
  })
})

describe('text from outside', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '*/ throw 1 /*',
      '`${throw 1}`',
      "'; throw 1; '",
      '"',
      '\\',
      '\\u0027',
      '\u2028throw 1',
      '</script>',
      '@ts-ignore',
      '\n// @ts-nocheck\n',
      '__proto__',
      'constructor',
      '${process}',
      "\\'; throw 1 //",
    ),
  )

  test('SEC-01: never becomes code, wherever it stands', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (one, two, three) => {
        const schema: JsonSchema = {
          type: 'object',
          title: one,
          description: two,
          properties: { [one]: { enum: [two, three], description: three }, [three]: { const: one, pattern: two } },
        }
        const api = described(
          [
            operation(
              'get',
              schema,
              { ...schema, default: { [two]: one } },
              { summary: one, description: two, wire: { path: three, [two]: one } },
            ),
          ],
          { Named: schema },
          {
            title: one,
            version: two,
            description: three,
            baseUrl: one,
            auth: [{ scheme: 'bearer', arguments: [{ [one]: two }], place: '#' }],
            events: [{ type: two, description: one, data: schema, place: '#' }],
          },
        )
        const text = generate(api, { name: 'shop', source: { ...source, location: one, title: two, only: [three] } })
        const { program, errors, comments } = parseSync('shop.generated.ts', text)
        expect(errors).toEqual([])
        const kinds = program.body.map((statement) => statement.type)
        expect(kinds.slice(0, 2)).toEqual(['ImportDeclaration', 'ImportDeclaration'])
        expect(new Set(kinds.slice(2))).toEqual(new Set(['ExportNamedDeclaration']))
        expect(comments.map(({ value }) => value).join(' ')).not.toContain('@ts-')
        expect(text).not.toMatch(/<\/|\u2028/)
        expect(readGenerated(text)?.source).toEqual({ ...source, location: one, title: two, only: [three] })
      }),
      { numRuns: 300 },
    )
  })

  test('SEC-01: what is no name is refused where a name is needed', () => {
    expect(() => textOf(described([operation('get()', {}, {})]))).toThrow('cannot be a name in code')
  })
})

describe('what an update changes', () => {
  const api = (input: JsonSchema, output: JsonSchema, name = 'get') => ({
    schemas: { Line: object({ sku: { type: 'string' } }) },
    operations: new Map([[name, { input, output }]]),
  })
  const told = (before: [JsonSchema, JsonSchema], after: [JsonSchema, JsonSchema]): string[] =>
    changesBetween(api(...before), api(...after)).map(
      ({ field, message, isCompatible }) => `${isCompatible ? '' : '! '}${field} ${message}`,
    )

  test('REST-03: fields that come, go, or are asked for', () => {
    const before = object(
      {
        a: { type: 'string' },
        b: { type: 'string' },
        lines: { type: 'array', items: object({ sku: { type: 'string' } }) },
      },
      ['a'],
    )
    const after = object(
      {
        a: { type: 'integer' },
        c: {},
        d: {},
        lines: { type: 'array', items: object({ sku: { type: 'string', maxLength: 3 } }) },
      },
      ['d'],
    )
    expect(told([before, true], [after, true])).toEqual([
      'input.a may be missing now',
      '! input.a was string, is integer',
      '! input.b is not there any more',
      '! input.lines[].sku maxLength was not said, is 3',
      'input.c is new',
      '! input.d is new and required',
    ])
    expect(told([true, before], [true, after])).toEqual([
      '! output.a may be missing now',
      '! output.a was string, is integer',
      '! output.b is not there any more',
      'output.lines[].sku maxLength was not said, is 3',
      'output.c is new',
      'output.d is new',
    ])
  })

  test('REST-03: values of a list, operations, and circles', () => {
    expect(told([{ enum: ['a', 'b'] }, { enum: ['a', 'b'] }], [{ enum: ['a', 'c'] }, { enum: ['a', 'c'] }])).toEqual([
      '! input "b" is not a value any more',
      'input "c" is a new value',
      'output "b" is not a value any more',
      '! output "c" is a new value',
    ])
    expect(
      changesBetween(api(true, true, 'old'), api(true, true, 'new')).map(({ kind, operation }) => [kind, operation]),
    ).toEqual([
      ['removed', 'old'],
      ['added', 'new'],
    ])
    const circle = {
      schemas: { A: object({ a: ref('A') }) },
      operations: new Map([['get', { input: ref('A'), output: true as const }]]),
    }
    expect(changesBetween(circle, circle)).toEqual([])
  })
})
