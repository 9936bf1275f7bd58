/** How an operation is asked for. */
export interface GraphqlWire {
  readonly kind: 'query' | 'mutation'
  /** Name of the operation in its document. */
  readonly operation: string
  readonly document: string
  /** The field of the answer's `data` that is the output. */
  readonly field: string
  /** Where it gives a connection page by page (GraphQL Cursor Connections Specification, relay.dev). */
  readonly paged?: true
}
