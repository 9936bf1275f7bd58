import { TenonError } from '../../base/errors.ts'
import type { AnswerParts, OperationOptions, RequestParts } from '../../definition/operation.ts'
import { describedSchema } from '../../schema/described-schema.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import type { OperationParts } from '../protocol.ts'
import { isRecord } from '../rest/request/text.ts'
import { envelopeOf, memberOf, messageIn, rootElement, rootValue } from './envelope.ts'
import { readFault } from './failure.ts'
import { formsOf, type Forms } from './form.ts'
import { served } from './served.ts'
import type { SoapWire, WireRoot } from './wire.ts'
import { elementOf } from './write-value.ts'

/** An operation as every other: a POST with an envelope. Nothing says that repeating it is harmless; its connector can (`repeatable`). */
export function operationOf({ input, output, wire: given, schemas, description }: OperationParts): OperationOptions {
  const wire = requireWire(given)
  const forms = formsOf(schemas)
  const [path = '/', search] = wire.path.split('?', 2)
  return {
    ...(description !== undefined && { description }),
    method: 'POST',
    path,
    input: describedSchema(input, schemas, 'request'),
    output: describedSchema(output, schemas, 'answer'),
    request: (value: unknown): RequestParts => ({
      path,
      ...(search !== undefined && { search }),
      headers: headersOf(wire),
      body: requestBody(forms, wire, input, value),
    }),
    response: ({ body, headers }: AnswerParts) => {
      if (wire.output === null) return null
      return rootValue(forms, output, wire.output, messageIn(body, headers['content-type'] ?? ''))
    },
    failure: readFault,
    served: served({ wire, input, output, forms }),
  }
}

/** SOAP 1.1 §6.1.1; SOAP 1.2 part 2, appendix A. */
function headersOf({ version, action }: SoapWire): Readonly<Record<string, string>> {
  const quoted = `"${action.replaceAll(/["\\\r\n]/g, '')}"`
  if (version === '1.1') return { 'content-type': 'text/xml; charset=utf-8', soapaction: quoted }
  return { 'content-type': `application/soap+xml; charset=utf-8${action === '' ? '' : `; action=${quoted}`}` }
}

function requestBody(forms: Forms, { version, input: root, headers }: SoapWire, schema: JsonSchema, value: unknown) {
  const given = isRecord(value) ? value : {}
  if (headers === undefined) return envelopeOf(version, rootElement(forms, schema, root, given))
  const { [headers]: heads, ...body } = given
  // A header is an element by itself: its form is that of a member.
  const form = forms.object(memberOf(schema, headers))
  const parts = (form?.members ?? []).flatMap(({ member, name, namespace, schema: of }) => {
    const one = isRecord(heads) && Object.hasOwn(heads, member) ? heads[member] : undefined
    return one === undefined ? [] : [elementOf(forms, of, { name, namespace, value: one, around: '', depth: 0 })]
  })
  return envelopeOf(version, rootElement(forms, schema, root, body), parts.join(''))
}

/** It was written by `describe`, and then stood in a file that people can change. */
function requireWire(given: OperationParts['wire']): SoapWire {
  const { path, version, action, input, output } = given as Partial<SoapWire>
  const isWhole =
    typeof path === 'string' &&
    path.startsWith('/') &&
    (version === '1.1' || version === '1.2') &&
    typeof action === 'string' &&
    isRoot(input) &&
    isRoot(output)
  if (isWhole) return given as unknown as SoapWire
  throw new TenonError(
    'APP_INVALID',
    'an operation of SOAP has no path, version, action, input and output in its wire; write the file anew with tenon add',
  )
}

function isRoot(root: WireRoot | null | undefined): boolean {
  return root === null || (isRecord(root) && typeof root.name === 'string' && typeof root.namespace === 'string')
}
