import { TenonError } from '../../base/errors.ts'
import { parseJson, writeJson } from '../../base/json.ts'
import type { OperationOptions, Paging, RequestParts, ServedOperation } from '../../definition/operation.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import { describedSchema } from '../../schema/described-schema.ts'
import type { OperationParts } from '../protocol.ts'
import { isRecord, readFailure, readOutput } from './answer.ts'
import type { GraphqlWire } from './wire.ts'

const json = 'application/json'
const response = 'application/graphql-response+json'

/** An operation as every other: GraphQL over HTTP, at the base URL itself. */
export function operationOf({ input, output, wire: given, schemas, description }: OperationParts): OperationOptions {
  const wire = requireWire(given)
  return {
    ...(description !== undefined && { description }),
    method: 'POST',
    path: '',
    repeatable: wire.kind === 'query',
    input: describedSchema(input, schemas, 'request'),
    output: describedSchema(output, schemas, 'answer'),
    request: (variables: unknown): RequestParts => ({
      path: '',
      headers: { accept: `${response}, ${json}`, 'content-type': json },
      body: writeJson({ query: wire.document, operationName: wire.operation, variables }),
    }),
    response: (answer) => readOutput(answer, wire),
    failure: (answer) => readFailure(answer, wire),
    ...(wire.paged === true && { paging }),
    served: servedBy(wire),
  }
}

/** GraphQL Cursor Connections Specification, section 4 (relay.dev/graphql/connections.htm). */
const paging: Paging = {
  next(input: unknown, output: unknown) {
    const info = isRecord(output) ? output['pageInfo'] : null
    if (!isRecord(info) || info['hasNextPage'] !== true) return null
    const { endCursor: after } = info
    const given = isRecord(input) ? input : {}
    return typeof after === 'string' && after !== given['after'] ? { ...given, after } : null
  },
}

function servedBy({ operation, field }: GraphqlWire): ServedOperation {
  const headers = { 'content-type': response }
  return {
    claims(request) {
      const body = askedFor(request)
      return body !== null && body['operationName'] === operation
    },
    read(request) {
      const body = askedFor(request)
      if (body === null) throw new TenonError('BODY_INVALID', 'expected a JSON object with query and variables')
      return body['variables'] ?? {}
    },
    write: (output) => ({ status: 200, headers, body: { data: { [field]: output } } }),
    refuse: ({ status, code, message }) => ({
      status,
      headers,
      body: { errors: [{ message, extensions: { code } }] },
    }),
  }
}

function askedFor({ body }: RawRequest): Readonly<Record<string, unknown>> | null {
  try {
    const value = parseJson(Buffer.from(body).toString())
    return isRecord(value) && typeof value['query'] === 'string' ? value : null
  } catch {
    return null
  }
}

/** It was written by `describe`, and then stood in a file that people can change. */
function requireWire(given: OperationParts['wire']): GraphqlWire {
  const { kind, operation, document, field } = given as Partial<GraphqlWire>
  const isKnown = kind === 'query' || kind === 'mutation'
  if (isKnown && [operation, document, field].every((text) => typeof text === 'string'))
    return given as unknown as GraphqlWire
  throw new TenonError(
    'APP_INVALID',
    'an operation of GraphQL has no kind, operation, document and field in its wire; write the file anew with tenon add',
  )
}
