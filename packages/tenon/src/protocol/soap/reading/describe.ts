import type { Element } from '@xmldom/xmldom'
import type { ApiDescription, DescribedOperation, SourceDocument } from '../../description.ts'
import { descriptionInvalid } from '../../invalid.ts'
import type { DescribeOptions } from '../../protocol.ts'
import { elementsOf, localName } from '../../rest/media/xml.ts'
import { memberName, namesOnce } from '../../rest/reading/names.ts'
import type { SoapWire } from '../wire.ts'
import {
  attr,
  children,
  documentation,
  keyOf,
  load,
  localOf,
  placeOf,
  type Declarations,
  type Declared,
} from './documents.ts'
import { headersOf, messageOf } from './messages.ts'
import { Types } from './types.ts'

const soapBindings = {
  'http://schemas.xmlsoap.org/wsdl/soap/': '1.1',
  'http://schemas.xmlsoap.org/wsdl/soap12/': '1.2',
} as const

interface Endpoint {
  readonly port: string
  readonly binding: Declared
  readonly soap: Element
  readonly version: SoapWire['version']
  readonly url: URL
}

/** Reads a WSDL 1.1. Of ports for the same port type the first that speaks SOAP is taken: they offer the same. */
export async function describe(document: SourceDocument, { only }: DescribeOptions): Promise<ApiDescription> {
  const found = await load(document)
  const types = new Types(found, document.location)
  const endpoints = endpointsIn(found, types, document.location)
  const [first] = endpoints
  if (first === undefined)
    throw descriptionInvalid(document.location, '', 'has no service with a port for SOAP 1.1 or 1.2 over HTTP')
  const once = namesOnce()
  const operations = endpoints.flatMap((endpoint) => {
    if (endpoint.url.origin !== first.url.origin) {
      types.note(
        endpoint.binding.node,
        endpoint.binding.scope,
        `the port ${endpoint.port} is at another server, and needs a connector of its own`,
      )
      return []
    }
    return children(endpoint.binding.node, 'operation').flatMap((node) => {
      const own = attr(node, 'name')
      const name = once(memberName(own) || 'operation')
      const sourceName = `${endpoint.port}.${own}`
      if (!only({ name, sourceName, tags: [endpoint.port] })) return []
      return operationAt(types, endpoint, node, { name, sourceName }) ?? []
    })
  })
  const [, service] = found.all('service')[0] ?? []
  const about = documentation(service?.node ?? first.binding.node)
  return {
    protocol: 'soap',
    format: 'WSDL 1.1',
    title: service?.name ?? first.binding.name,
    version: '',
    ...(about !== undefined && { description: about }),
    baseUrl: first.url.origin,
    auth: [],
    schemas: types.named(),
    operations,
    events: [],
    wire: {},
    notes: types.notes(),
  }
}

function endpointsIn(found: Declarations, types: Types, location: string): readonly Endpoint[] {
  const endpoints = new Map<string, Endpoint>()
  for (const [, { node, scope }] of found.all('service')) {
    for (const port of children(node, 'port')) {
      const binding = found.get('binding', keyOf(port, attr(port, 'binding'), scope))
      const [address] = children(port, 'address')
      const soap = binding === undefined ? undefined : soapIn(binding.node)
      if (binding === undefined || soap === undefined || address === undefined) continue
      const url = attr(address, 'location')
      if (!/^https?:\/\/[^\s{}]+$/i.test(url) || !URL.canParse(url))
        throw descriptionInvalid(location, placeOf(address), 'has no address of HTTP in its location')
      const type = keyOf(binding.node, attr(binding.node, 'type'), binding.scope)
      if (endpoints.has(type)) {
        types.note(port, scope, 'a port for the same operations is left out')
        continue
      }
      const version = soapBindings[soap.namespaceURI as keyof typeof soapBindings]
      endpoints.set(type, { port: port.getAttribute('name') ?? 'Port', binding, soap, version, url: new URL(url) })
    }
  }
  return [...endpoints.values()]
}

const styleOf = (node: Element | undefined): string => node?.getAttribute('style') ?? ''

function soapIn(binding: Element): Element | undefined {
  return elementsOf(binding).find(
    (one) => Object.hasOwn(soapBindings, one.namespaceURI ?? '') && localName(one) === 'binding',
  )
}

function aboutOf(operation: Element): string {
  const faults = children(operation, 'fault').map((one) => attr(one, 'name') || localOf(attr(one, 'message')))
  const text = [documentation(operation) ?? '', faults.length > 0 ? `Faults: ${faults.join(', ')}.` : '']
  return text.filter((one) => one !== '').join(' ')
}

function operationAt(
  types: Types,
  { binding, soap, version, url }: Endpoint,
  node: Element,
  names: Pick<DescribedOperation, 'name' | 'sourceName'>,
): DescribedOperation | null {
  const { scope } = binding
  const type = types.found.get('portType', keyOf(binding.node, attr(binding.node, 'type'), scope))
  const own = attr(node, 'name')
  const abstract = children(type?.node ?? node, 'operation').find((one) => one.getAttribute('name') === own)
  if (type === undefined || abstract === undefined)
    throw descriptionInvalid(
      scope.location,
      placeOf(node),
      `binds the operation ${own.slice(0, 100)}, which no port type declares`,
    )
  const details = elementsOf(node).find((one) => localName(one) === 'operation')
  const style = styleOf(details) || styleOf(soap) || 'document'
  const bodies = children(node, 'input', 'output').flatMap((one) => children(one, 'body'))
  if (bodies.some((body) => body.getAttribute('use') === 'encoded')) {
    types.note(node, scope, `${own.slice(0, 100)} is encoded (rpc/encoded), which is not read: it is left out`)
    return null
  }
  const parts = { types, binding: node, abstract, scope: type.scope, operation: own, style }
  const input = messageOf({ ...parts, direction: 'input' })
  const output = messageOf({ ...parts, direction: 'output' })
  const { schema, member } = headersOf({ ...parts, direction: 'input' }, input.schema)
  const description = aboutOf(abstract)
  const wire: SoapWire = {
    path: `${url.pathname}${url.search}`,
    version,
    action: details?.getAttribute('soapAction') ?? '',
    input: input.root,
    output: output.root,
    ...(member !== undefined && { headers: member }),
  }
  return {
    ...names,
    tags: [names.sourceName.slice(0, names.sourceName.indexOf('.'))],
    ...(description !== '' && { description }),
    input: schema,
    output: output.root === null ? { type: 'null' } : output.schema,
    wire: { ...wire },
    place: placeOf(abstract),
  }
}
