/**
 * JSON Schema, draft 2020-12 (json-schema.org/draft/2020-12): the one form in which Tenon keeps what an imported description says about data. Older drafts, the dialect of
 * OpenAPI 3.0, XSD and the types of GraphQL are brought into it when the description is read.
 *
 * A reference is `#/$defs/<name>`, into the named schemas of the same description; there are no other kinds of references, so nothing is ever fetched to check a value.
 */
export type JsonSchema = boolean | JsonSchemaObject

export interface JsonSchemaObject {
  readonly [keyword: string]: unknown
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly deprecated?: boolean
  readonly type?: JsonType | readonly JsonType[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly format?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly not?: JsonSchema
  /** Which branch of `oneOf` or `anyOf` holds, by the text in a member (OpenAPI): `mapping` leads from texts to references such as `#/$defs/Cat`; a branch that it leaves out goes by its own name. */
  readonly discriminator?: { readonly propertyName: string; readonly mapping?: Readonly<Record<string, string>> }
  /** Only an answer has it. */
  readonly readOnly?: boolean
  /** Only a request has it. */
  readonly writeOnly?: boolean
}

export type JsonType = 'null' | 'boolean' | 'object' | 'array' | 'number' | 'string' | 'integer'

/** Schemas by name, for references of the form `#/$defs/<name>`. */
export type NamedSchemas = Readonly<Record<string, JsonSchema>>
