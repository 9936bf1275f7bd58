import { protocolSuite } from '../protocol.suite.ts'
import { protocol } from './rest.ts'
import { shop, shopCases } from './shop.fixture.ts'

protocolSuite('rest', {
  protocol,
  document: { location: 'shop.json', text: JSON.stringify(shop, null, 2) },
  cases: shopCases,
  strangers: [
    '',
    'type Query { a: Int }',
    '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>',
    '{"swagger": "1.2"}',
    '{"a": 1}',
  ],
  broken: [
    '',
    '{"openapi": "3.0.0", ',
    'openapi: 3.0.0\npaths: [',
    '{"openapi": "4.0.0", "paths": {}}',
    '{"swagger": "1.2", "paths": {}}',
    '{"openapi": "3.0.0"}',
    'openapi: 3.1.0\npaths: !!js/function "x"',
    'a: &a [x]\nb: [*a, *c]',
    `{"openapi": "3.0.0", "paths": ${'['.repeat(500)}${']'.repeat(500)}}`,
  ],
})
