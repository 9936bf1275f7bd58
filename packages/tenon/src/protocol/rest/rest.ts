import type { Protocol } from '../protocol.ts'
import { writtenBy, type Written } from '../written.ts'
import { operationOf } from './operation.ts'
import { describe } from './reading/describe.ts'
import { formatOf } from './reading/document.ts'

/** REST, as OpenAPI 3 and Swagger 2.0 describe it. */
export const protocol: Protocol = {
  name: 'rest',
  reads: 'OpenAPI 3.0 and 3.1, Swagger 2.0 (JSON or YAML)',
  recognise: ({ text }) => formatOf(text),
  describe,
  operation: operationOf,
}

/** What generated files call. */
export const rest: Written = writtenBy(protocol)
