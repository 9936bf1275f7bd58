import type { Shape } from './reading.ts'
import { child, children, items } from './references.ts'

/** OpenAPI 3: nothing is said otherwise. */
export const openapi: Shape = {
  parameters: (nodes) => nodes,
  body(operation) {
    const body = child(operation, 'requestBody')
    return body.value === undefined ? null : body
  },
  answer: (answer) => answer,
  servers: (root) => items(child(root, 'servers')),
  schemes: (root) => children(child(child(root, 'components'), 'securitySchemes')),
}
