// The console's types of what the server answers, made from the server's own description. `node scripts/console-answers.ts` writes them; a test judges whether they are stale.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ServerContext } from '../packages/tenon/src/server/context.ts'
import { openApiOf } from '../packages/tenon/src/server/openapi.ts'
import { loadRoutes } from '../packages/tenon/src/server/route-folder.ts'
import { root } from './tool.ts'

/** Where they are kept. */
export const answersFile = `${root}/packages/console/src/api/answers.generated.ts`

/** What of JSON Schema the description is written in. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly propertyNames?: Schema
  readonly additionalProperties?: Schema
  readonly description?: string
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>>
}

/** The text of the module. Throws for a part of JSON Schema that it does not know. */
export async function answersText(): Promise<string> {
  const context = { webhooks: [], journal: {}, simulators: [], metrics: () => null, isLocal: true }
  const routes = await loadRoutes(context as unknown as ServerContext)
  const { paths, components } = openApiOf(routes) as unknown as Document
  const named = Object.entries(components.schemas).map(([name, schema]) => {
    const form = typeOf(schema)
    // Every place may answer with it, and none names it.
    const door = name === 'Problem' ? 'export ' : ''
    return (
      commented(schema) + (form.startsWith('{') ? `${door}interface ${name} ${form}` : `${door}type ${name} = ${form}`)
    )
  })
  const answers = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) => {
      const schema = Object.values(responses)[0]?.content?.['application/json']?.schema
      const place = `${method.toUpperCase()} ${path.replace('/api/v1', '')}`
      return schema === undefined || !path.startsWith('/api/v1') ? [] : [`  readonly '${place}': ${typeOf(schema)}`]
    }),
  )
  return indented(
    [
      '// Made by scripts/console-answers.ts from the description of the management API. Not written by hand.',
      ...named,
      `/** What each place of the API answers when all went well. */\nexport interface Answers {\n${answers.join('\n')}\n}`,
    ].join('\n\n'),
  )
}

/** By the braces that are open. */
function indented(text: string): string {
  let depth = 0
  const lines = text.split('\n').map((line) => {
    const bare = line.trim()
    if (bare.startsWith('}')) depth -= 1
    const written = bare === '' ? '' : '  '.repeat(depth) + bare
    if (bare.endsWith('{')) depth += 1
    return written
  })
  return `${lines.join('\n')}\n`
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? 'never'
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ')
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const types = [schema.type ?? []].flat()
  if (types.length === 0) return 'unknown'
  return types.map((type) => plainType(type, schema)).join(' | ')
}

function plainType(type: string, schema: Schema): string {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type
    case 'integer':
      return 'number'
    case 'array':
      return `readonly (${typeOf(schema.items ?? {})})[]`
    case 'object':
      return schema.properties === undefined ? recordOf(schema) : membersOf(schema.properties, schema.required ?? [])
    default:
      throw new Error(`the description has the type ${type}, which scripts/console-answers.ts does not know`)
  }
}

function recordOf({ propertyNames, additionalProperties }: Schema): string {
  return `Readonly<Record<${propertyNames === undefined ? 'string' : typeOf(propertyNames)}, ${typeOf(additionalProperties ?? {})}>>`
}

function membersOf(properties: Readonly<Record<string, Schema>>, required: readonly string[]): string {
  const members = Object.entries(properties).map(
    ([name, schema]) => `${commented(schema)}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  )
  return `{\n${members.join('\n')}\n}`
}

function commented({ description }: Schema): string {
  return description === undefined ? '' : `/** ${description} */\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(answersFile, await answersText())
