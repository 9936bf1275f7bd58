import type { AnswerParts, ServedOperation } from '../../definition/operation.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { localName } from '../rest/media/xml.ts'
import { isRecord } from '../rest/request/text.ts'
import { envelopeOf, memberOf, messageIn, rootElement, rootValue } from './envelope.ts'
import { faultOf } from './failure.ts'
import type { Forms } from './form.ts'
import { valueOf } from './read-value.ts'
import type { SoapWire } from './wire.ts'

interface Parts {
  readonly wire: SoapWire
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly forms: Forms
}

/** The provider's side of an operation. All of a port share an address: what is asked for is the element in the body, and for what cannot be read the action. */
export function served({ wire, input, output, forms }: Parts): ServedOperation {
  const { version, headers } = wire
  const answer = (status: number, body: string): AnswerParts => ({
    status,
    headers: { 'content-type': `${version === '1.1' ? 'text/xml' : 'application/soap+xml'}; charset=utf-8` },
    body,
  })
  return {
    claims: (request) => claims(wire, request),
    read(request) {
      const message = messageIn(request.body, request.headers['content-type'] ?? '')
      const value = wire.input === null ? {} : rootValue(forms, input, wire.input, message)
      if (headers === undefined || message.header === null || !isRecord(value)) return value
      const heads = valueOf(forms, memberOf(input, headers), message.header)
      const known = new Set(forms.object(memberOf(input, headers))?.members.map(({ member }) => member))
      // Others, such as a security header, are no matter of the operation.
      const own = Object.entries(isRecord(heads) ? heads : {}).filter(([name]) => known.has(name))
      return own.length === 0 ? value : { ...value, [headers]: Object.fromEntries(own) }
    },
    write: (value) => answer(200, envelopeOf(version, rootElement(forms, output, wire.output, value))),
    refuse: ({ code, message, status }) => {
      const by = version === '1.1' ? 500 : status < 500 ? 400 : 500
      return answer(by, faultOf(version, message, code))
    },
  }
}

function claims({ input, action }: SoapWire, { body, headers }: RawRequest): boolean {
  const type = headers['content-type'] ?? ''
  try {
    const { content } = messageIn(body, type)
    return content === null ? input === null : localName(content) === input?.name
  } catch {
    const said = headers['soapaction'] ?? /;\s*action=("[^"]*"|[^;\s]+)/i.exec(type)?.[1] ?? ''
    return action !== '' && said.replaceAll('"', '') === action
  }
}
