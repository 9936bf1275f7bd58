import type { ProtocolCase } from '../protocol.suite.ts'

export const shop = `
"When something happened."
scalar DateTime
scalar Sku

enum State { OPEN PAID SHIPPED }

interface Owner { id: ID! }

type Person implements Owner { id: ID! name: String! age: Int since: DateTime }

type Firm implements Owner { id: ID! name: String taxNumber: String! }

union Found = Order | Person

type Line { sku: Sku! amount: Int! price(currency: String!): Float! }

"What somebody bought."
type Order {
  id: ID!
  "In cents."
  total: Int!
  state: State
  lines: [Line!]!
  buyer: Owner
  former: String @deprecated(reason: "gone")
  related(first: Int, after: String): OrderConnection!
}

type PageInfo { hasNextPage: Boolean! endCursor: String }

type OrderEdge { node: Order cursor: String! }

type OrderConnection { edges: [OrderEdge!]! pageInfo: PageInfo! totalCount: Int! }

input LineInput { sku: Sku! amount: Int! = 1 }

input OrderInput { lines: [LineInput!]! state: State = OPEN note: String }

input OrderBy @oneOf { id: ID number: Int }

type CreatePayload { order: Order, errors: [String!]! }

type Query {
  order(by: OrderBy!): Order
  orders(first: Int = 10, after: String, states: [State!]): OrderConnection!
  search(text: String!): [Found!]!
  owner(id: ID!): Owner
  version: String!
}

type Mutation {
  createOrder(input: OrderInput!): CreatePayload
  order(id: ID!, state: State!): Order
}

type Subscription { orderPaid: Order }
`

const order = {
  id: 'o-1',
  total: 4200,
  state: 'OPEN',
  lines: [{ sku: 'a', amount: 2 }],
  buyer: { __typename: 'Person', id: 'p-1' },
}

export const shopCases: readonly ProtocolCase[] = [
  { operation: 'order', input: { by: { id: 'o-1' } }, output: order },
  {
    operation: 'orders',
    input: { first: 2, after: 'x', states: ['OPEN', 'PAID'] },
    output: {
      edges: [{ node: order, cursor: 'y' }],
      pageInfo: { hasNextPage: true, endCursor: 'y' },
      totalCount: 3,
    },
  },
  {
    operation: 'search',
    input: { text: 'Ann' },
    output: [
      { __typename: 'Person', id: 'p-1', name: 'Ann', age: null, since: '2026-01-01T00:00:00Z' },
      { __typename: 'Order', id: 'o-1', total: 1, state: null },
    ],
  },
  {
    operation: 'owner',
    input: { id: 'f-1' },
    output: { __typename: 'Firm', id: 'f-1', nameOfFirm: null, taxNumber: '7' },
  },
  { operation: 'version', input: {}, output: '2' },
  {
    operation: 'createOrder',
    input: { input: { lines: [{ sku: 'a', amount: 2 }], note: null } },
    output: { order, errors: [] },
  },
  { operation: 'orderMutation', input: { id: 'o-1', state: 'PAID' }, output: null },
]
