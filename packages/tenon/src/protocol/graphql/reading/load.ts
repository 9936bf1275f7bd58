import {
  buildASTSchema,
  buildClientSchema,
  GraphQLError,
  parse,
  validateSchema,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql'
import { TenonError, messageOf } from '../../../base/errors.ts'
import { parseJson } from '../../../base/json.ts'
import type { SourceDocument } from '../../description.ts'
import { descriptionInvalid } from '../../invalid.ts'
import { isRecord } from '../answer.ts'

const largest = 64 * 1024 * 1024
const mostTokens = 10_000_000

/** The schema in a document. Throws `DESCRIPTION_INVALID` with the line for one that is none, or breaks the rules of GraphQL. */
export function loadSchema({ location, text }: Pick<SourceDocument, 'location' | 'text'>): GraphQLSchema {
  if (text.length > largest) throw descriptionInvalid(location, '', `is larger than ${largest / 1024 / 1024} MiB`)
  const plain = text.replace(/^\uFEFF/, '')
  // The parser of GraphQL goes as deep as the text does.
  if (/(?:[[{(]\s*){33}/.test(plain)) throw descriptionInvalid(location, '', 'is nested deeper than 32 levels')
  try {
    const schema = plain.trimStart().startsWith('{') ? fromIntrospection(location, plain) : fromSdl(plain)
    const [problem] = validateSchema(schema)
    if (problem !== undefined) throw problem
    return schema
  } catch (error) {
    if (TenonError.is(error) && error.code === 'DESCRIPTION_INVALID') throw error
    const at = error instanceof GraphQLError ? error.locations?.[0] : undefined
    const place = at === undefined ? '' : `line ${at.line}, column ${at.column}`
    throw descriptionInvalid(
      location,
      place,
      `is not a valid GraphQL schema: ${messageOf(error).replaceAll(/\s+/g, ' ').slice(0, 500)}`,
    )
  }
}

/**
 * Not judged by all rules of the language: gateways use directives that they leave out (federation), and GitHub's own schema has a field twice. What is built is judged.
 */
function fromSdl(text: string): GraphQLSchema {
  return buildASTSchema(parse(text, { maxTokens: mostTokens }), { assumeValidSDL: true })
}

function fromIntrospection(location: string, text: string): GraphQLSchema {
  const document = parseJson(text)
  const data = isRecord(document) && isRecord(document['data']) ? document['data'] : document
  if (!isRecord(data) || !isRecord(data['__schema']))
    throw descriptionInvalid(location, '#', 'has no __schema: expected the answer to an introspection query')
  return buildClientSchema(data as unknown as IntrospectionQuery)
}
