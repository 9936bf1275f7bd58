import { buildSchema, introspectionFromSchema } from 'graphql'
import { protocolSuite } from '../protocol.suite.ts'
import { protocol } from './graphql.ts'
import { shop, shopCases } from './shop.fixture.ts'

const strangers = [
  '',
  'openapi: 3.1.0\npaths: {}',
  '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>',
  '{"openapi": "3.0.0", "paths": {}}',
  '{"a": 1}',
]

const broken = [
  '',
  'type Query {',
  'type Query { a: Missing }',
  'type Query { a(b: Query): Int }',
  'type Order { id: ID }',
  'type Query { __proto__: Int }',
  `type Query { a: ${'['.repeat(500)}Int${']'.repeat(500)} }`,
  `type Query { a(b: Int = ${'['.repeat(9000)}1): Int }`,
  '{"__schema": ',
  '{"data": {"__schema": {"types": []}}}',
  '{"data": {"__schema": {"queryType": {"name": "Query"}, "types": [{"kind": "OBJECT", "name": "a b"}], "directives": []}}}',
  `{"__schema": ${'['.repeat(500)}${']'.repeat(500)}}`,
]

protocolSuite('graphql, from SDL', {
  protocol,
  document: { location: 'shop.graphql', text: shop },
  cases: shopCases,
  strangers,
  broken,
})

protocolSuite('graphql, from introspection', {
  protocol,
  document: {
    location: 'shop.json',
    text: JSON.stringify({ data: introspectionFromSchema(buildSchema(shop)) }, null, 2),
  },
  // Introspection does not say which input objects take one member, unless it is asked in the newest way.
  cases: shopCases,
  strangers,
  broken,
})
