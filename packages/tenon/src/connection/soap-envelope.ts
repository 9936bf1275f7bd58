import { DOMParser, XMLSerializer, type Document, type Element } from '@xmldom/xmldom'
import { TenonError } from '../base/errors.ts'
import { wsSecurity } from '../definition/auth/ws-security.ts'

const { security, utility } = wsSecurity
const soap: ReadonlySet<string> = new Set(wsSecurity.envelopes)
const namespaces = 'http://www.w3.org/2000/xmlns/'

/** A SOAP envelope to which a security header is given. */
export interface SecuredEnvelope {
  /** A new element in the security header; `id` is its `wsu:Id`. */
  add(name: string, id?: string): Part
  /** Gives the body a `wsu:Id`, so that a signature can name it. */
  nameBody(id: string): void
  toString(): string
}

/** An element of the security header, in the namespace that its prefix names (`wsse` or `wsu`). */
export interface Part {
  add(name: string, text: string, attributes?: Readonly<Record<string, string>>): void
  /** Its own text. */
  fill(text: string, attributes: Readonly<Record<string, string>>): void
}

/** Throws `INPUT_INVALID` for a body that is no SOAP envelope of its own, has a document type, or is secured already. */
export function securedEnvelope(body: string | Uint8Array | null): SecuredEnvelope {
  const document = parsed(body)
  const envelope = document.documentElement
  if (envelope === null || envelope.localName !== 'Envelope' || !soap.has(envelope.namespaceURI ?? ''))
    throw unusable('its root is no SOAP Envelope')
  if (document.getElementsByTagNameNS(security, 'Security').length > 0)
    throw unusable('it has a security header already')
  const content = childOf(envelope, 'Body')
  if (content === null) throw unusable('its Envelope has no Body')
  const prefix = envelope.prefix === null || envelope.prefix === '' ? '' : `${envelope.prefix}:`
  const found = childOf(envelope, 'Header')
  const header = found ?? document.createElementNS(envelope.namespaceURI, `${prefix}Header`)
  if (found === null) envelope.insertBefore(header, content)
  // An attribute without a prefix is in no namespace: mustUnderstand needs one.
  envelope.setAttributeNS(namespaces, 'xmlns:soapenv', envelope.namespaceURI ?? '')
  const root = document.createElementNS(security, 'wsse:Security')
  root.setAttributeNS(namespaces, 'xmlns:wsse', security)
  root.setAttributeNS(namespaces, 'xmlns:wsu', utility)
  root.setAttributeNS(envelope.namespaceURI, 'soapenv:mustUnderstand', '1')
  header.appendChild(root)

  function append(parent: Element, name: string): Element {
    const element = document.createElementNS(name.startsWith('wsu:') ? utility : security, name)
    parent.appendChild(element)
    return element
  }

  return {
    add(name, id) {
      const element = append(root, name)
      if (id !== undefined) element.setAttributeNS(utility, 'wsu:Id', id)
      return {
        add: (child, text, attributes = {}) => fill(append(element, child), text, attributes),
        fill: (text, attributes) => fill(element, text, attributes),
      }
    },
    nameBody(id) {
      content.setAttributeNS(namespaces, 'xmlns:wsu', utility)
      content.setAttributeNS(utility, 'wsu:Id', id)
    },
    toString: () => new XMLSerializer().serializeToString(document),
  }
}

/** Without a document type there are no entities, and nothing that can explode or fetch. */
function parsed(body: string | Uint8Array | null): Document {
  if (typeof body !== 'string' || body === '') throw unusable(body === null ? 'there is none' : 'it is no text')
  if (/<!(?:DOCTYPE|ENTITY)/i.test(body)) throw unusable('it has a document type (DTD)')
  try {
    const onError = (): never => {
      throw new Error('not well-formed')
    }
    return new DOMParser({ onError }).parseFromString(body, 'text/xml')
  } catch {
    throw unusable('it is no well-formed XML')
  }
}

function childOf(envelope: Element, name: string): Element | null {
  for (let child = envelope.firstChild; child !== null; child = child.nextSibling) {
    const element = child as Element
    if (element.localName === name && element.namespaceURI === envelope.namespaceURI) return element
  }
  return null
}

function fill(element: Element, text: string, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.textContent = text
}

function unusable(found: string): TenonError {
  return new TenonError(
    'INPUT_INVALID',
    `WS-Security needs a SOAP envelope as the body of the request, without a security header: ${found}`,
    { details: { fate: 'not-sent' } },
  )
}
