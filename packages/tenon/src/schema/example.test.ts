import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describedSchema } from './described-schema.ts'
import { exampleOf } from './example.ts'
import type { JsonSchema, NamedSchemas } from './schema.ts'

const named: NamedSchemas = {
  Tree: {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/Tree' } } },
  },
  Cat: {
    type: 'object',
    required: ['kind', 'lives'],
    properties: { kind: { type: 'string' }, lives: { type: 'integer', minimum: 1, maximum: 9 } },
  },
  Dog: { type: 'object', required: ['kind'], properties: { kind: { type: 'string' } } },
  Endless: { type: 'object', required: ['next'], properties: { next: { $ref: '#/$defs/Endless' } } },
}

const cases: readonly JsonSchema[] = [
  { type: 'string', minLength: 12, maxLength: 14 },
  { type: 'integer', exclusiveMinimum: 4, maximum: 5 },
  { type: 'number', multipleOf: 0.25, minimum: 1.1, maximum: 1.3 },
  { enum: ['open', 'paid', 7] },
  { type: ['null', 'boolean'] },
  { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 2, maxItems: 2, uniqueItems: true },
  { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false, minItems: 2 },
  { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 2 },
  { type: 'object', required: ['a'], properties: { a: { $ref: '#/$defs/Tree' } }, additionalProperties: false },
  { allOf: [{ $ref: '#/$defs/Cat' }, { required: ['name'], properties: { name: { type: 'string' } } }] },
  {
    oneOf: [{ $ref: '#/$defs/Cat' }, { $ref: '#/$defs/Dog' }],
    discriminator: { propertyName: 'kind', mapping: { cat: '#/$defs/Cat', dog: '#/$defs/Dog' } },
  },
  { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'null' }] },
  { type: 'string', default: 'usual', examples: [7, 'given'] },
  ...[
    'date-time',
    'date',
    'time',
    'duration',
    'email',
    'hostname',
    'ipv4',
    'ipv6',
    'uri',
    'uuid',
    'byte',
    'binary',
  ].map((format) => ({ type: 'string', format }) as const),
  ...[
    '^[A-Z]{3}-\\d{4}$',
    '^(?:draft|sent)_[^x]+$',
    '^#[0-9a-f]{6}$',
    '^\\+?[1-9]\\d{1,14}$',
    '^[\\w.-]+@[a-z]+\\.com$',
  ].map((pattern) => ({ type: 'string', pattern }) as const),
]

test.each(cases)('REST-06: an example is valid, and the same for the same seed: %j', (schema) => {
  const judge = describedSchema(schema, named)
  for (let seed = 0; seed < 25; seed += 1) {
    const value = exampleOf(schema, { named, seed })
    expect(value).toBeDefined()
    expect(judge['~standard'].validate(value)).toEqual({ value })
    expect(exampleOf(schema, { named, seed })).toEqual(value)
  }
})

test('REST-06: an example that the document gives is taken, if it is one', () => {
  expect(exampleOf({ type: 'string', default: 'usual' })).toBe('usual')
  expect(exampleOf({ type: 'integer', examples: ['not one', 42] })).toBe(42)
})

test('REST-06: a request has nothing that only answers have, and the other way round', () => {
  const user = {
    type: 'object',
    required: ['id', 'pin'],
    properties: { id: { type: 'string', readOnly: true }, pin: { type: 'string', writeOnly: true } },
  } as const
  expect(Object.keys(exampleOf(user, { reading: 'request' }) as object)).toEqual(['pin'])
  expect(Object.keys(exampleOf(user, { reading: 'answer' }) as object)).toEqual(['id'])
})

test('REST-06: where there is no example, none is made up, and the search ends', () => {
  expect(exampleOf(false)).toBeUndefined()
  expect(exampleOf({ $ref: '#/$defs/Endless' }, { named })).toBeUndefined()
  expect(exampleOf({ type: 'integer', minimum: 5, maximum: 4 })).toBeUndefined()
})

test('REST-06: whatever the pattern, the example fits or there is none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z()[\]\\*+?{},0-9|^$.-]{0,20}$/)), (pattern) => {
      const value = exampleOf({ type: 'string', pattern })
      if (value !== undefined)
        expect(describedSchema({ type: 'string', pattern })['~standard'].validate(value)).toEqual({ value })
    }),
    { numRuns: 300 },
  )
})
