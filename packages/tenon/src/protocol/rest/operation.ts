import { TenonError } from '../../base/errors.ts'
import type { AnswerParts, OperationOptions, RequestParts, ServedOperation } from '../../definition/operation.ts'
import { describedSchema } from '../../schema/described-schema.ts'
import type { OperationParts } from '../protocol.ts'
import { readFailure } from './answer/failure.ts'
import { pagingOf } from './answer/paging.ts'
import { answerReader } from './answer/read.ts'
import { lookIn } from './look.ts'
import { requestWriter } from './request/write.ts'
import { servedBy } from './served.ts'
import type { RestWire } from './wire.ts'

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/** An operation as every other. What it needs is made at its first call: a program has many operations, and calls few. */
export function operationOf({ input, output, wire: given, schemas, description }: OperationParts): OperationOptions {
  const wire = requireWire(given)
  const look = lookIn(schemas)
  const write = once(() => requestWriter(wire, input, look))
  const read = once(() => answerReader(wire, output, look))
  const served = once(() => servedBy({ wire, input, output, schemas, look }))
  return {
    ...(description !== undefined && { description }),
    method: wire.method,
    path: wire.path,
    input: describedSchema(input, schemas, 'request'),
    output: describedSchema(output, schemas, 'answer'),
    request: (value: unknown): RequestParts => write()(value),
    response: (answer: AnswerParts) => read()(answer),
    failure: (answer: AnswerParts) => readFailure(answer, wire.failure),
    ...(wire.paging !== undefined && { paging: pagingOf(wire.paging) }),
    served: {
      read: (request, params) => served().read(request, params),
      write: (value) => served().write(value),
      refuse: (refusal) => served().refuse(refusal),
    } satisfies ServedOperation,
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null
  return () => (made ??= { value: make() }).value
}

/** It was written by `describe`, and then stood in a file that people can change. */
function requireWire(given: OperationParts['wire']): RestWire {
  const wire = given as Partial<RestWire>
  const { method, path, answers } = wire
  if (
    typeof method === 'string' &&
    methods.has(method) &&
    typeof path === 'string' &&
    path.startsWith('/') &&
    Array.isArray(answers)
  )
    return wire as RestWire
  throw new TenonError(
    'APP_INVALID',
    'an operation of REST has no method, path and answers in its wire; write the file anew with tenon add',
  )
}
