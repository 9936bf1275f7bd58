import type { Element } from '@xmldom/xmldom'
import type { JsonSchema } from '../../schema/schema.ts'
import { decoded } from '../rest/media/decoded.ts'
import { elementsOf, localName, rootOf } from '../rest/media/xml.ts'
import { bodyInvalid, isRecord } from '../rest/request/text.ts'
import type { Forms } from './form.ts'
import { valueOf } from './read-value.ts'
import { envelopes, type SoapWire, type WireRoot } from './wire.ts'
import { elementOf } from './write-value.ts'

/** The parts of a message. */
export interface Message {
  readonly header: Element | null
  /** The first element of the body. */
  readonly content: Element | null
}

/** An envelope around what is written already. */
export function envelopeOf(version: SoapWire['version'], body: string, header = ''): string {
  const head = header === '' ? '' : `<soap:Header>${header}</soap:Header>`
  return `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="${envelopes[version]}">${head}<soap:Body>${body}</soap:Body></soap:Envelope>`
}

/** What a body carries, written. */
export function rootElement(forms: Forms, schema: JsonSchema, root: WireRoot | null, given: unknown): string {
  if (root === null) return ''
  const { name, namespace, as } = root
  const value = as === undefined ? (given ?? {}) : isRecord(given) ? given[as] : given
  const [inner] = as === undefined ? [schema] : [memberOf(schema, as)]
  return elementOf(forms, inner, { name, namespace, value, around: '', depth: 0 })
}

/** What a body carries, read. Throws `BODY_INVALID` for another element than `root`. */
export function rootValue(forms: Forms, schema: JsonSchema, root: WireRoot, { content }: Message): unknown {
  if (content === null || localName(content) !== root.name)
    throw bodyInvalid(
      `has ${content === null ? 'an empty Body' : `the element ${localName(content).slice(0, 100)}`}; expected ${root.name}`,
    )
  if (root.as === undefined) return valueOf(forms, schema, content)
  return { [root.as]: valueOf(forms, memberOf(schema, root.as), content) }
}

export function memberOf(schema: JsonSchema, name: string): JsonSchema {
  const { properties = {} } = typeof schema === 'object' ? schema : {}
  return Object.hasOwn(properties, name) ? (properties[name] ?? true) : true
}

/** Takes an envelope of either version. Throws `BODY_INVALID`. */
export function messageIn(body: unknown, type: string): Message {
  const envelope = rootOf(decoded(body, type))
  const namespace = envelope.namespaceURI ?? ''
  const isEnvelope = localName(envelope) === 'Envelope' && Object.values<string>(envelopes).includes(namespace)
  if (!isEnvelope) throw bodyInvalid('is no SOAP envelope')
  const parts = elementsOf(envelope).filter((one) => one.namespaceURI === namespace)
  const [content, ...others] = parts.filter((one) => localName(one) === 'Body')
  if (content === undefined || others.length > 0) throw bodyInvalid('has not one Body in its SOAP envelope')
  return {
    header: parts.find((one) => localName(one) === 'Header') ?? null,
    content: elementsOf(content)[0] ?? null,
  }
}
