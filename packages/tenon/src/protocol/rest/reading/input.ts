import type { JsonSchema } from '../../../schema/schema.ts'
import type { WireBody, WireParameter } from '../wire.ts'
import type { ReadBody } from './bodies.ts'
import type { ReadParameter } from './parameters.ts'

export interface FlatInput {
  readonly schema: JsonSchema & object
  readonly parameters: readonly WireParameter[]
  readonly body: WireBody | null
}

const order = ['path', 'query', 'header', 'cookie'] as const

/**
 * One flat object: parameters by their names, the members of the body beside them (decision 48). Parameters keep their names, the path's before the others; a member of the
 * body that is called like one is `<name>InBody`. Whatever is added to a description, no name changes but that of the one member which is now called like a parameter.
 */
export function flatInput(read: readonly ReadParameter[], body: ReadBody | null): FlatInput {
  const properties: Record<string, JsonSchema> = Object.create(null) as Record<string, JsonSchema>
  const required: string[] = []
  const parameters = order
    .flatMap((place) => read.filter((one) => one.in === place))
    .map((one) => {
      const as = free(properties, one.name, one.in)
      properties[as] = one.schema
      if (one.required) required.push(as)
      return { name: one.name, in: one.in, ...(as !== one.name && { as }), ...one.wire }
    })
  const wireBody = body === null ? null : addBody(body, properties, required)
  const isOpen = body?.members?.isOpen === true
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(properties)),
      ...(required.length > 0 && { required }),
      ...(!isOpen && { additionalProperties: false }),
    },
    parameters,
    body: wireBody,
  }
}

function addBody(body: ReadBody, properties: Record<string, JsonSchema>, required: string[]): WireBody {
  const { members, wire } = body
  if (members === null) {
    const as = free(properties, 'body', 'body')
    const { schema, description } = body
    properties[as] = typeof schema === 'object' && description !== undefined ? { ...schema, description } : schema
    if (body.required) required.push(as)
    return { ...wire, as }
  }
  const renamed: Record<string, string> = {}
  const needed = new Set(members.required)
  for (const [name, schema] of Object.entries(members.properties)) {
    const as = free(properties, name, 'body')
    if (as !== name) renamed[as] = name
    properties[as] = schema
    if (needed.has(name)) required.push(as)
  }
  const isRenamed = Object.keys(renamed).length > 0
  return {
    ...wire,
    ...(!body.required && members.required.length === 0 && { mayBeMissing: true as const }),
    ...(isRenamed && { renamed }),
  }
}

function free(properties: Readonly<Record<string, JsonSchema>>, name: string, place: string): string {
  let as = name === '__proto__' ? 'proto' : name
  while (Object.hasOwn(properties, as)) as = `${as}In${place.charAt(0).toUpperCase()}${place.slice(1)}`
  return as
}
