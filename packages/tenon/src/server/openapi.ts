import { z } from 'zod'
import { problemAnswer } from './answers/problem.ts'
import { rightMeanings } from './rights.ts'
import type { Answer, Route } from './route.ts'
import { version } from './version.ts'

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of these routes. Webhooks are left out, whose form is the providers' and differs between installations, and pages for people. */
export function openApiOf(routes: readonly Route[]): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    if (!isDescribed(route)) continue
    const path = route.path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{rest}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas) }
  }
  // It puts itself among the named ones.
  schemaOf(problemAnswer, 'output', schemas)
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tenon management API',
      version,
      description:
        'What the console and the command line use, and nothing besides. Times are milliseconds since the epoch. Errors are problem details (RFC 9457).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of the data folder.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'tenon_session',
          description: 'The cookie of a person who signed in; the end of its name differs between installations.',
        },
      },
    },
  }
}

export function isDescribed({ right, answers }: Route): boolean {
  return right !== 'webhook' && !Object.values(answers).includes('text/html') && !('302' in answers)
}

function operationOf(route: Route, schemas: Json): Json {
  const { method, path, right, summary, body } = route
  return {
    operationId: operationId(method, path),
    summary,
    tags: [path.split('/')[3] ?? 'server'],
    parameters: [...parametersOf(route, 'params', schemas), ...parametersOf(route, 'query', schemas)],
    ...(body === undefined ? {} : { requestBody: bodyOf(body, schemas) }),
    responses: { ...responsesOf(route, schemas), default: problemResponse },
    ...(right === 'public'
      ? { security: [] }
      : {
          security: [{ token: [] }, { session: [] }],
          'x-right': right,
          description: `Right: ${rightMeanings[right as keyof typeof rightMeanings]}.`,
        }),
  }
}

const problemResponse = {
  description: 'What went wrong.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

function operationId(method: string, path: string): string {
  const words = path
    .replace('/api/v1/', '')
    .split(/[^a-zA-Z]+/)
    .filter((word) => word !== '')
  return [method.toLowerCase(), ...words].map((word, index) => (index === 0 ? word : capital(word))).join('')
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function parametersOf(route: Route, part: 'params' | 'query', schemas: Json): Json[] {
  const declared = route[part]
  const named =
    declared === undefined
      ? {}
      : (schemaOf(declared, 'input', schemas) as { properties?: Record<string, Json>; required?: string[] })
  const properties = Object.entries(named.properties ?? {})
  if (part === 'params' && route.path.endsWith('*')) properties.push(['rest', { type: 'string' }])
  return properties.map(([name, { description, ...schema }]) => ({
    name,
    in: part === 'params' ? 'path' : 'query',
    required: part === 'params' || (named.required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function bodyOf(body: z.ZodObject, schemas: Json): Json {
  const { examples, ...schema } = schemaOf(body, 'input', schemas) as Json & {
    examples?: unknown[]
    required?: string[]
  }
  return {
    required: (schema.required ?? []).length > 0,
    content: { 'application/json': { schema, ...(examples === undefined ? {} : { example: examples[0] }) } },
  }
}

function responsesOf({ answers }: Route, schemas: Json): Json {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer, schemas)]))
}

function responseOf(answer: Answer, schemas: Json): Json {
  if (answer === null) return { description: 'Done.' }
  if (typeof answer === 'string')
    return { description: 'As text.', content: { [answer]: { schema: { type: 'string' } } } }
  const description = answer.description ?? 'As asked.'
  return { description, content: { 'application/json': { schema: schemaOf(answer, 'output', schemas) } } }
}

/** The schema as JSON Schema; those with a name of their own go into `schemas`. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // A later version may answer with more; only what is sent to us is closed.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  const { $schema: _dialect, $defs: named = {}, id, ...rest } = relinked(made) as Json & { $defs?: Json; id?: string }
  for (const [name, one] of Object.entries(named)) {
    const { id: _name, ...inside } = one as Json
    schemas[name] = inside
  }
  if (id === undefined) return rest
  schemas[id] = rest
  return { $ref: `#/components/schemas/${id}` }
}

function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : relinked(inner),
    ]),
  )
}
