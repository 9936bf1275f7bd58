/** An element at the top of a body or a header. */
export interface WireRoot {
  readonly name: string
  readonly namespace: string
  /** Its value is this member, and not the whole: what it holds is no object. */
  readonly as?: string
}

/** What `describe` found out about an operation of SOAP. The forms of values stand in the schemas, as `xml`. */
export interface SoapWire {
  /** Of the endpoint; a query may follow it. */
  readonly path: string
  readonly version: '1.1' | '1.2'
  readonly action: string
  /** `null`: the body is empty. */
  readonly input: WireRoot | null
  readonly output: WireRoot | null
  /** The member of the input that holds the headers. */
  readonly headers?: string
}

/** What a schema says about its form in XML. */
export interface XmlForm {
  /** Of the element or attribute, where it is not the member's own. */
  readonly name?: string
  readonly namespace?: string
  readonly attribute?: true
  /** A text with items between spaces (`xsd:list`). */
  readonly list?: true
  /** Of a named type: how `xsi:type` says it. */
  readonly type?: readonly [namespace: string, name: string]
  /** The namespace of members that are not described (`xsd:any`). */
  readonly open?: string
}

export const envelopes = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const

export const instance = 'http://www.w3.org/2001/XMLSchema-instance'
