import type { Shape } from './reading.ts'
import { child, children, isFields, items, said, type Fields, type Node } from './references.ts'

/** What a schema is made of where Swagger 2.0 has it beside the name of a parameter or header. */
const notOfSchema = new Set(['name', 'in', 'required', 'collectionFormat', 'allowEmptyValue', 'schema', 'deprecated'])

const formats: Readonly<Record<string, Fields>> = {
  csv: { explode: false },
  multi: { explode: true },
  ssv: { style: 'spaceDelimited', explode: false },
  pipes: { style: 'pipeDelimited', explode: false },
  // Tabs are not known to OpenAPI 3: a list with commas is what most servers read.
  tsv: { explode: false },
}

/** Swagger 2.0, told in the words of OpenAPI 3. */
export const swagger: Shape = {
  parameters: (nodes) =>
    nodes.filter(({ value }) => !['body', 'formData'].includes(said((value as Fields)['in']))).map(parameter),
  body(operation, nodes, root) {
    const types = textsOf(child(operation, 'consumes')) ?? textsOf(child(root, 'consumes')) ?? []
    const body = nodes.find(({ value }) => (value as Fields)['in'] === 'body')
    if (body !== undefined) {
      const { schema, required, description } = body.value as Fields
      return {
        ...body,
        value: { required, description, content: contentOf(types.length > 0 ? types : ['application/json'], schema) },
      }
    }
    const fields = nodes.filter(({ value }) => (value as Fields)['in'] === 'formData')
    return fields.length === 0 ? null : { ...operation, value: formBody(fields, types) }
  },
  answer(answer, operation, root) {
    const { schema, headers, description, ...rest } = answer.value as Fields
    const types = textsOf(child(operation, 'produces')) ?? textsOf(child(root, 'produces')) ?? []
    const said = types.length > 0 ? types : ['application/json']
    const heads = children({ ...answer, value: headers ?? {} }).map(([name, header]) => [name, parameter(header).value])
    return {
      ...answer,
      value: {
        ...rest,
        description,
        headers: Object.fromEntries(heads),
        ...(schema !== undefined && { content: contentOf(said, schema) }),
      },
    }
  },
  servers(root) {
    const { host, basePath, schemes } = root.value as Fields
    const scheme = Array.isArray(schemes) && !schemes.includes('https') ? said(schemes[0]) : 'https'
    const path = typeof basePath === 'string' ? basePath : ''
    if (typeof host !== 'string' || host === '') return path === '' ? [] : [{ ...root, value: { url: path } }]
    return [
      { ...root, value: { url: `${scheme}://${host}${path.startsWith('/') || path === '' ? path : `/${path}`}` } },
    ]
  },
  schemes: (root) =>
    children(child(root, 'securityDefinitions')).map(([name, node]) => [name, { ...node, value: scheme(node.value) }]),
}

function parameter(node: Node): Node {
  const value = node.value as Fields
  if (!isFields(value) || isFields(value['schema'])) return node
  const { name, in: place, required, description, collectionFormat } = value
  const schema = Object.fromEntries(
    Object.entries(value).filter(([key]) => !notOfSchema.has(key) && key !== 'description'),
  )
  const isList = value['type'] === 'array'
  const format = isList ? (formats[said(collectionFormat) || 'csv'] ?? {}) : {}
  return { ...node, value: { name, in: place, required, description, schema, ...format } }
}

function formBody(fields: readonly Node[], types: readonly string[]): Fields {
  const properties: Record<string, unknown> = {}
  const encoding: Record<string, unknown> = {}
  const required: string[] = []
  let hasFile = false
  for (const field of fields) {
    const { name, required: isRequired, description, schema, style, explode } = parameter(field).value as Fields
    const key = said(name)
    if (key === '__proto__') continue
    properties[key] = description === undefined ? schema : { ...(schema as Fields), description }
    if (isRequired === true) required.push(key)
    if (explode !== undefined) encoding[key] = { explode, ...(style !== undefined && { style }) }
    if ((field.value as Fields)['type'] === 'file') hasFile = true
  }
  const form = types.find((type) => (hasFile ? type === 'multipart/form-data' : /urlencoded|form-data/.test(type)))
  const type = form ?? (hasFile ? 'multipart/form-data' : 'application/x-www-form-urlencoded')
  const schema = { type: 'object', properties, required }
  return { required: required.length > 0, content: { [type]: { schema, encoding } } }
}

function contentOf(types: readonly string[], schema: unknown): Fields {
  return Object.fromEntries(types.map((type) => [type, { schema }]))
}

function textsOf(node: Node): readonly string[] | undefined {
  return Array.isArray(node.value)
    ? items(node).flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
    : undefined
}

const flows: Readonly<Record<string, string>> = {
  accessCode: 'authorizationCode',
  application: 'clientCredentials',
  implicit: 'implicit',
  password: 'password',
}

function scheme(value: unknown): unknown {
  if (!isFields(value)) return value
  if (value['type'] === 'basic') return { ...value, type: 'http', scheme: 'basic' }
  if (value['type'] !== 'oauth2') return value
  const { flow, authorizationUrl, tokenUrl, scopes, ...rest } = value
  return { ...rest, flows: { [flows[said(flow)] ?? said(flow)]: { authorizationUrl, tokenUrl, scopes } } }
}
