import { DOMParser, type Document, type Element } from '@xmldom/xmldom'
import { wsSecurity } from '../definition/auth/ws-security.ts'

/** A SOAP message as the provider reads it. */
export interface SoapMessage {
  readonly document: Document
  readonly body: Element
  /** Its security header. */
  readonly security: Element
}

/** The parts of a message, or what is wrong with it. Without a document type there are no entities, and nothing that can explode or fetch. */
export function readMessage(bytes: Uint8Array): SoapMessage | { readonly problem: string } {
  const text = Buffer.from(bytes).toString()
  const document = /<!(?:DOCTYPE|ENTITY)/i.test(text) ? null : parsed(text)
  const envelope = document?.documentElement ?? null
  const namespace = envelope?.namespaceURI ?? ''
  const isEnvelope = envelope?.localName === 'Envelope' && wsSecurity.envelopes.includes(namespace)
  if (document === null || envelope === null || !isEnvelope) return { problem: 'the body is no SOAP envelope' }
  const [body, ...bodies] = childrenOf(envelope, namespace, 'Body')
  if (body === undefined || bodies.length > 0) return { problem: 'the envelope has not one Body' }
  const headers = childrenOf(envelope, namespace, 'Header')
  const [security, ...others] = headers.flatMap((header) => childrenOf(header, wsSecurity.security, 'Security'))
  if (security === undefined || others.length > 0) return { problem: 'the envelope has not one security header' }
  return { document, body, security }
}

function parsed(text: string): Document | null {
  const onError = (): never => {
    throw new Error('not well-formed')
  }
  try {
    return new DOMParser({ onError }).parseFromString(text, 'text/xml')
  } catch {
    return null
  }
}

export function childrenOf(parent: Element, namespace: string, name: string): readonly Element[] {
  return [...parent.childNodes].filter(
    (node): node is Element => node.localName === name && node.namespaceURI === namespace,
  )
}

/** The text of its only child of that name, empty for none. */
export function textIn(parent: Element, namespace: string, name: string): string {
  const [child, ...others] = childrenOf(parent, namespace, name)
  return others.length > 0 ? '' : (child?.textContent ?? '')
}

/** By which a signature names an element; `null` for none, and for one that others have, too: what is signed must be what is read. */
export function idOf(document: Document, element: Element): string | null {
  const id = element.getAttributeNS(wsSecurity.utility, 'Id') ?? element.getAttribute('Id') ?? ''
  if (id === '') return null
  const all = [...document.getElementsByTagName('*')]
  const same = all.filter((one) => [...one.attributes].some(({ localName, name, value }) => (localName ?? name).toLowerCase() === 'id' && value === id)) // prettier-ignore
  return same.length === 1 ? id : null
}
