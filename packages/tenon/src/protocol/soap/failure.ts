import type { Element } from '@xmldom/xmldom'
import type { AnswerParts, ProviderFailure } from '../../definition/operation.ts'
import { elementsOf, escaped, localName } from '../rest/media/xml.ts'
import { envelopeOf, messageIn, type Message } from './envelope.ts'
import { envelopes, type SoapWire } from './wire.ts'

const longest = 2000

/** What a fault says (SOAP 1.1 §4.4, SOAP 1.2 part 1 §5.4); `null` where the answer has none. */
export function readFault(answer: AnswerParts): ProviderFailure | null {
  const content = faultIn(answer)
  if (content === null) return null
  const general = withoutPrefix(textAt(content, 'faultcode') ?? textAt(content, 'Code', 'Value') ?? '')
  const reason = textAt(content, 'faultstring') ?? textAt(content, 'Reason', 'Text')
  return {
    message: reason?.slice(0, longest) ?? 'a SOAP fault without a reason',
    code: ownCode(content, general).slice(0, 200),
    ...fateOf(general),
  }
}

function faultIn({ body, headers }: AnswerParts): Element | null {
  let message: Message
  try {
    message = messageIn(body, headers['content-type'] ?? '')
  } catch {
    return null
  }
  const { content } = message
  const isFault = content !== null && localName(content) === 'Fault'
  return isFault && Object.values<string>(envelopes).includes(content.namespaceURI ?? '') ? content : null
}

/** The provider's own: of SOAP 1.2 the subcode; else the fault that the detail holds, where the code is only whose fault it is. */
function ownCode(fault: Element, general: string): string {
  const inner = textAt(fault, 'Code', 'Subcode', 'Value')
  if (inner !== undefined) return withoutPrefix(inner)
  const detail = child(fault, 'detail') ?? child(fault, 'Detail')
  const [told] = detail === undefined ? [] : elementsOf(detail)
  return told !== undefined && /^(?:Client|Server|Sender|Receiver)$/.test(general) ? localName(told) : general
}

/** A fault of the sender is an answer: nothing was done. One of the receiver may come after it had done something. A provider's own code says neither. */
function fateOf(code: string): Pick<ProviderFailure, 'fate' | 'retryable'> {
  if (/^(?:Client|Sender|MustUnderstand|VersionMismatch|DataEncodingUnknown)(?:\.|$)/.test(code))
    return { fate: 'answered', retryable: false }
  return /^(?:Server|Receiver)(?:\.|$)/.test(code) ? { fate: 'ambiguous' } : {}
}

export function faultOf(version: SoapWire['version'], reason: string, code: string): string {
  const [text, own] = [escaped(reason), escaped(code)]
  return envelopeOf(
    version,
    version === '1.1'
      ? `<soap:Fault><faultcode>soap:Client</faultcode><faultstring>${text}</faultstring><detail><code>${own}</code></detail></soap:Fault>`
      : `<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">${text}</soap:Text></soap:Reason><soap:Detail><code>${own}</code></soap:Detail></soap:Fault>`,
  )
}

const withoutPrefix = (code: string): string => code.trim().split(':').at(-1) ?? ''

function child(node: Element, name: string): Element | undefined {
  return elementsOf(node).find((one) => localName(one) === name)
}

function textAt(node: Element, ...path: readonly string[]): string | undefined {
  let found: Element | undefined = node
  for (const name of path) found = found === undefined ? undefined : child(found, name)
  const text = found?.textContent?.trim()
  return text === '' ? undefined : text
}
