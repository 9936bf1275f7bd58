import { parse, validate, type GraphQLField, type GraphQLSchema } from 'graphql'
import type { ApiDescription, DescribedOperation, DescriptionNote, SourceDocument } from '../../description.ts'
import { descriptionInvalid } from '../../invalid.ts'
import type { DescribeOptions } from '../../protocol.ts'
import { formatOf } from '../format.ts'
import type { GraphqlWire } from '../wire.ts'
import { loadSchema } from './load.ts'
import { camel, Names } from './names.ts'
import { connectionOf, selectionOf } from './selection.ts'
import { described, Types } from './types.ts'

type Field = GraphQLField<unknown, unknown>

interface Found {
  readonly kind: GraphqlWire['kind']
  readonly field: Field
  readonly name: string
  readonly sourceName: string
  readonly tags: readonly string[]
}

/** Reads a schema: each field of Query and Mutation is an operation. */
export function describe(source: SourceDocument, { only }: DescribeOptions): ApiDescription {
  const schema = loadSchema(source)
  const found = findOperations(schema)
  if (found.length === 0) throw descriptionInvalid(source.location, '', 'has neither queries nor mutations')
  const types = new Types(schema)
  const notes: DescriptionNote[] = []
  const operations = found.filter(only).flatMap((one) => {
    const read = readOperation(one, schema, types)
    if (typeof read !== 'string') return [read]
    notes.push({ place: one.sourceName, message: read })
    return []
  })
  const subscriptions = schema.getSubscriptionType()
  if (subscriptions) notes.push({ place: subscriptions.name, message: 'subscriptions are not carried over' })
  return {
    protocol: 'graphql',
    format: formatOf(source.text) ?? 'GraphQL SDL',
    title: 'GraphQL API',
    version: '',
    ...described(schema.description),
    baseUrl: null,
    auth: [],
    schemas: types.schemas(),
    operations,
    events: [],
    wire: {},
    notes: [...notes, ...types.notes()],
  }
}

/** Queries keep their names; a mutation of the same name is `<name>Mutation`. */
function findOperations(schema: GraphQLSchema): readonly Found[] {
  const names = new Names()
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => {
      const own = camel(field.name)
      const name = kind === 'query' ? names.claim(own) : names.claim(own, `${own}Mutation`)
      return { kind, field, name, sourceName: `${kind === 'query' ? 'Query' : 'Mutation'}.${field.name}`, tags: [kind] }
    }),
  )
}

/** The operation, or why there is none. */
function readOperation(
  { kind, field, name, sourceName, tags }: Found,
  schema: GraphQLSchema,
  types: Types,
): DescribedOperation | string {
  const selection = selectionOf(field.type, schema, types)
  if (selection === null) return 'nothing of what it gives can be asked for without arguments: it is left out'
  const variables = field.args.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ')
  const given = field.args.map((argument) => `${argument.name}: $${argument.name}`).join(', ')
  const [declared, passed] = given === '' ? ['', ''] : [`(${variables})`, `(${given})`]
  const document = `${kind} ${name}${declared} { ${field.name}${passed} ${selection.text} }`
  const [problem] = validate(schema, parse(document))
  if (problem !== undefined) return `its request breaks the rules of GraphQL, and it is left out: ${problem.message}`
  const isPaged = connectionOf(field.type) !== null && field.args.some((argument) => argument.name === 'after')
  const wire: GraphqlWire = { kind, operation: name, document, field: field.name, ...(isPaged && { paged: true }) }
  return {
    name,
    sourceName,
    tags,
    ...described(field.description),
    ...(field.deprecationReason !== undefined && field.deprecationReason !== null && { deprecated: true }),
    input: types.object(field.args),
    output: selection.schema,
    wire: { ...wire },
    ...(isPaged && { isPaged }),
    place: sourceName,
  }
}
