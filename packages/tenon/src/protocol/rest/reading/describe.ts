import type { JsonSchema, NamedSchemas } from '../../../schema/schema.ts'
import type { ApiDescription, SourceDocument } from '../../description.ts'
import { descriptionInvalid } from '../../invalid.ts'
import type { DescribeOptions } from '../../protocol.ts'
import { formatOf } from './document.ts'
import { callbackEvents, distinct, webhookEvents } from './events.ts'
import { Notes } from './notes.ts'
import { openapi } from './openapi.ts'
import { findOperations, readOperation } from './operations.ts'
import type { Reading } from './reading.ts'
import { child, isFields, openDocuments, said, type Fields, type Node } from './references.ts'
import { Schemas } from './schemas.ts'
import { readSecurity } from './security.ts'
import { baseOf, baseUrlOf } from './servers.ts'
import { swagger } from './swagger.ts'

/** Reads OpenAPI 3.0, 3.1 and 3.2, and Swagger 2.0. */
export async function describe(source: SourceDocument, { only }: DescribeOptions): Promise<ApiDescription> {
  const first = await openDocuments(source)
  const root: Node = { value: first.root, file: first, pointer: '' }
  const { format, isOld } = versionOf(source, root)
  if (!isFields(child(root, 'paths').value) && !isFields(child(root, 'webhooks').value))
    throw descriptionInvalid(source.location, '#', 'has no paths: expected an object with the operations of the API')
  const notes = new Notes(first)
  const schemas = new Schemas(first, notes)
  const reading: Reading = { first, root, notes, schemas, shape: isOld ? swagger : openapi, only }
  const found = findOperations(reading).filter(({ name, sourceName, tags }) => only({ name, sourceName, tags }))
  const base = baseOf(
    reading,
    found.map(({ node, holder }) => [node, holder]),
  )
  const operations = found.map((one) => readOperation(reading, one, base))
  const events = distinct([...webhookEvents(reading), ...found.flatMap(({ node }) => callbackEvents(reading, node))])
  const auth = readSecurity(
    reading,
    found.map(({ node }) => node),
    base,
  )
  const used = [...operations.flatMap(({ input, output }) => [input, output]), ...events.map(({ data }) => data)]
  const { title, version, description } = isFields(child(root, 'info').value)
    ? (child(root, 'info').value as Fields)
    : ({} as Fields)
  return {
    protocol: 'rest',
    format,
    title: said(title) || 'API',
    version: said(version),
    ...(typeof description === 'string' && description !== '' && { description }),
    baseUrl: baseUrlOf(base),
    auth,
    schemas: reached(schemas.named(), used),
    operations,
    events,
    wire: {},
    notes: notes.list(),
  }
}

function versionOf(
  { location, text }: SourceDocument,
  { value }: Node,
): { readonly format: string; readonly isOld: boolean } {
  if (!isFields(value))
    throw descriptionInvalid(location, '#', 'expected an object with openapi or swagger; found something else')
  const { openapi: newer, swagger: older } = value
  const version = said(newer ?? older)
  if (newer !== undefined && /^3\.[0-2](\.|$)/.test(version)) return { format: `OpenAPI ${version}`, isOld: false }
  if (newer === undefined && /^2(\.|$)/.test(version)) return { format: formatOf(text) ?? 'Swagger 2.0', isOld: true }
  if (version === '')
    throw descriptionInvalid(location, '#', 'has neither openapi nor swagger: is it a description of an API?')
  const place = newer === undefined ? '#/swagger' : '#/openapi'
  throw descriptionInvalid(
    location,
    place,
    `the version ${version.slice(0, 40)} is not known; expected OpenAPI 3.0, 3.1 or 3.2, or Swagger 2.0: convert it first`,
  )
}

/** The named schemas that something refers to. */
function reached(named: NamedSchemas, used: readonly JsonSchema[]): NamedSchemas {
  const names = new Set<string>()
  const stack: unknown[] = [...used]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value === 'string' && value.startsWith('#/$defs/')) {
      const name = value.slice('#/$defs/'.length)
      if (names.has(name) || !Object.hasOwn(named, name)) continue
      names.add(name)
      stack.push(named[name])
    } else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) stack.push(part)
  }
  return Object.fromEntries(Object.entries(named).filter(([name]) => names.has(name)))
}
