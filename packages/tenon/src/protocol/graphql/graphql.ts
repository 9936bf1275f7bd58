import type { Protocol } from '../protocol.ts'
import { writtenBy, type Written } from '../written.ts'
import { operationOf } from './operation.ts'
import { formatOf } from './format.ts'

/** GraphQL, as its schemas describe it: the language of schemas (SDL), or the answer to an introspection query. */
export const protocol: Protocol = {
  name: 'graphql',
  reads: 'GraphQL schemas (SDL, or introspection as JSON)',
  recognise: ({ text }) => formatOf(text),
  // What reads schemas is needed to write a file, and not to call what is in it.
  describe: async (document, options) => (await import('./reading/describe.ts')).describe(document, options),
  operation: operationOf,
}

/** What generated files call. */
export const graphql: Written = writtenBy(protocol)
