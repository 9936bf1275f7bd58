import { CORE_SCHEMA, load, mergeTag, YAMLException } from 'js-yaml'
import { TenonError } from '../../../base/errors.ts'
import { parseJson } from '../../../base/json.ts'
import { descriptionInvalid } from '../../invalid.ts'
import type { SourceDocument } from '../../description.ts'

const largest = 64 * 1024 * 1024
const deepest = 256
const yamlSchema = CORE_SCHEMA.withTags(mergeTag)

/** What a document is by its first words: `OpenAPI 3.1.0`, `Swagger 2.0`; `null` for anything else. */
export function formatOf(text: string): string | null {
  const head = text.slice(0, 200_000)
  const found = /(?:^|[\n{,])\s*["']?(openapi|swagger)["']?\s*:\s*["']?(\d+(?:\.\d+){0,2})/.exec(head)
  const [, name, version = ''] = found ?? farther(text)
  if (name === 'swagger') return /^2(\.|$)/.test(version) ? `Swagger ${version}` : null
  return name === 'openapi' && /^3\.[0-2](\.|$)/.test(version) ? `OpenAPI ${version}` : null
}

/** JSON may have its version anywhere, as where members go by the alphabet (Twilio); only a name with quotes is looked for there. */
function farther(text: string): readonly (string | undefined)[] {
  return /"(openapi|swagger)"\s*:\s*"(\d+(?:\.\d+){0,2})"/.exec(text) ?? []
}

/** Parses JSON or YAML: no tags of its own, few aliases, no deep nesting. Throws `DESCRIPTION_INVALID` with the line. */
export function parseDocument({ location, text }: Pick<SourceDocument, 'location' | 'text'>): unknown {
  if (text.length > largest) throw descriptionInvalid(location, '', `is larger than ${largest / 1024 / 1024} MiB`)
  const plain = text.replace(/^\uFEFF/, '')
  if (!/^\s*[{[]/.test(plain)) return parseYaml(location, plain, null)
  try {
    return parseJson(plain, deepest)
  } catch (error) {
    // YAML has a way to write objects that looks like JSON. What is neither was meant as JSON.
    return parseYaml(location, plain, jsonProblem(plain, error))
  }
}

function parseYaml(location: string, text: string, asJson: string | null): unknown {
  try {
    const options = { schema: yamlSchema, maxDepth: deepest, maxAliases: 10_000, json: true }
    return withoutDepth(load(text, options), location)
  } catch (error) {
    if (TenonError.is(error)) throw error
    const isYaml = error instanceof YAMLException
    const place =
      isYaml && error.mark !== undefined ? `line ${error.mark.line + 1}, column ${error.mark.column + 1}` : ''
    if (asJson !== null) throw descriptionInvalid(location, '', asJson)
    throw descriptionInvalid(location, place, `is not valid YAML: ${isYaml ? error.reason : 'it cannot be read'}`)
  }
}

function jsonProblem(text: string, error: unknown): string {
  if (!TenonError.is(error)) throw error
  const { reason } = error.details
  if (typeof reason !== 'string') return `cannot be read: ${error.message}`
  const position = /position (\d+)/.exec(reason)?.[1]
  if (position === undefined) return 'is not valid JSON: it ends too early'
  const before = text.slice(0, Number(position))
  const line = before.split('\n').length
  return `is not valid JSON: unexpected character at line ${line}, column ${before.length - before.lastIndexOf('\n')}`
}

/** Walked without recursion: what comes after may then recurse. Aliases make a value that is met many times: each is looked into again only where it is deeper than before. */
function withoutDepth(value: unknown, location: string): unknown {
  const depths = new Map<object, number>()
  const stack: [unknown, number][] = [[value, 0]]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [node, depth] = next
    if (typeof node !== 'object' || node === null) continue
    if (depth > deepest) throw descriptionInvalid(location, '', `is nested deeper than ${deepest} levels`)
    if ((depths.get(node) ?? -1) >= depth) continue
    depths.set(node, depth)
    for (const part of Object.values(node)) stack.push([part, depth + 1])
  }
  return value
}
