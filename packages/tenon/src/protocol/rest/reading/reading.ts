import type { DescribeOptions } from '../../protocol.ts'
import type { Notes } from './notes.ts'
import type { DocumentFile, Node } from './references.ts'
import type { Schemas } from './schemas.ts'

/** A description while it is being read. */
export interface Reading {
  readonly first: DocumentFile
  readonly root: Node
  readonly notes: Notes
  readonly schemas: Schemas
  readonly shape: Shape
  readonly only: DescribeOptions['only']
}

/** Where Swagger 2.0 says otherwise what OpenAPI 3 says. Nodes in, nodes of the newer form out. */
export interface Shape {
  parameters(nodes: readonly Node[]): readonly Node[]
  /** The request body object; `null` where there is none. */
  body(operation: Node, parameters: readonly Node[], root: Node): Node | null
  answer(answer: Node, operation: Node, root: Node): Node
  /** The server objects of a document. */
  servers(root: Node): readonly Node[]
  /** The security scheme objects, by name. */
  schemes(root: Node): readonly (readonly [name: string, scheme: Node])[]
}
