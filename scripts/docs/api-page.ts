import type { ServerContext } from '../../packages/tenon/src/server/context.ts'
import { openApiOf } from '../../packages/tenon/src/server/openapi.ts'
import { loadRoutes } from '../../packages/tenon/src/server/route-folder.ts'
import { cell, code, page, table } from './markdown.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
  readonly examples?: readonly unknown[]
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>
}

interface Operation {
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly {
    name: string
    in: string
    required?: boolean
    schema: Schema
    description?: string
  }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content & { readonly description?: string }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** Every route that is described, from the document that the server itself answers with. */
export async function apiPage(): Promise<string> {
  const context = { webhooks: [], journal: {}, simulators: [], metrics: () => null, isLocal: true }
  const document = openApiOf(await loadRoutes(context as unknown as ServerContext)) as unknown as Document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const tags = [...new Set(operations.map(({ operation }) => tagOf(operation)))].toSorted(byPlace)
  return page(
    '# Management API',
    'What the console and the command line use, and nothing besides. The server answers with this description at `/api/v1/openapi.json` (OpenAPI 3.1), made from the schemas by which it judges requests.',
    'A program sends the token of the data folder as `Authorization: Bearer …`; a browser has a cookie after signing in. Times are milliseconds since the epoch. Errors are problem details (RFC 9457) with a [code](errors.md). A list answers `next`, which as `?before=` asks for the page after it.',
    ...tags.map((tag) =>
      page(
        `## ${tag.slice(0, 1).toUpperCase()}${tag.slice(1).replaceAll('-', ' ')}`,
        ...operations
          .filter(({ operation }) => tagOf(operation) === tag)
          .toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
          .map(({ path, method, operation }) => operationPart(method, path, operation)),
      ),
    ),
    '## Forms',
    ...Object.entries(document.components.schemas).map(([name, schema]) =>
      page(`### ${name}`, cell(schema.description ?? ''), propertiesTable(schema) || typeOf(schema)),
    ),
  )
}

/** Looking before doing, the whole before its parts. */
function keyOf({ path, method }: { readonly path: string; readonly method: string }): string {
  return `${path} ${method === 'GET' ? 0 : method}`
}

/** What belongs to no noun belongs to the server. */
function tagOf({ tags: [tag = 'server'] }: Operation): string {
  return /^[a-z-]+$/.test(tag) ? tag : 'server'
}

const first = ['runs', 'flows', 'simulators', 'live', 'status']

/** What is asked most comes first, the server itself last. */
function byPlace(left: string, right: string): number {
  const place = (tag: string): number => (tag === 'server' ? 99 : first.indexOf(tag) + 1 || 50)
  return place(left) - place(right)
}

function operationPart(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map((parameter) => [
    code(parameter.name),
    parameter.in,
    typeOf(parameter.schema),
    cell(parameter.description ?? parameter.schema.description ?? ''),
  ])
  const body = contentOf(operation.requestBody)
  const example = body?.examples?.[0]
  const answers = Object.entries(operation.responses)
    .filter(([status]) => status !== 'default')
    .map(([status, response]) => `${status}: ${answerOf(response)}`)
  return page(
    `### ${method} ${path}`.replaceAll(/\{(\w+)\}/g, ':$1'),
    cell(operation.summary),
    table(['parameter', 'in', 'type', ''], parameters),
    body === undefined ? '' : page('Takes:', propertiesTable(body) || typeOf(body)),
    example === undefined ? '' : `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
    `Answers ${answers.join('; ')}.`,
  )
}

function contentOf(content: Content | undefined): Schema | undefined {
  return content?.content?.['application/json']?.schema
}

function answerOf(response: Content): string {
  const schema = contentOf(response)
  if (schema !== undefined) return typeOf(schema)
  const [type] = Object.keys(response.content ?? {})
  return type === undefined ? 'nothing' : code(type)
}

function propertiesTable({ properties = {}, required = [] }: Schema): string {
  return table(
    ['member', 'type', ''],
    Object.entries(properties).map(([name, schema]) => [
      code(required.includes(name) ? name : `${name}?`),
      typeOf(schema),
      cell(schema.description ?? ''),
    ]),
  )
}

function typeOf(schema: Schema): string {
  const { $ref, enum: values, anyOf, oneOf, allOf, items, properties, type } = schema
  if ($ref !== undefined) return linkTo($ref)
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (values !== undefined) return values.map((value) => code(String(value))).join(', ')
  const choices = anyOf ?? oneOf ?? allOf
  if (choices !== undefined) return choices.map(typeOf).join(' or ')
  if (type === 'array') return `list of ${typeOf(items ?? {})}`
  if (properties !== undefined)
    return `{ ${Object.entries(properties)
      .map(([name, part]) => `${name}: ${typeOf(part)}`)
      .join(', ')} }`
  if (type === 'object' && typeof schema.additionalProperties === 'object')
    return `map of ${typeOf(schema.additionalProperties)}`
  if (Array.isArray(type)) return type.join(' or ')
  return typeof type === 'string' ? type : 'anything'
}

function linkTo(reference: string): string {
  const name = reference.split('/').at(-1) ?? ''
  return `[${name}](#${name.toLowerCase()})`
}
