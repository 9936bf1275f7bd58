import { parseJson } from '../base/json.ts'
import type { WrittenSource } from '../protocol/written.ts'
import type { JsonSchema, NamedSchemas } from '../schema/schema.ts'
import { sourceMark } from './generator.ts'
import { literalJson } from './literal.ts'

/** What a generated file says about the API, read as data: the file is not run. */
export interface ReadBack {
  readonly source: WrittenSource
  readonly schemas: NamedSchemas
  readonly operations: ReadonlyMap<string, { readonly input: JsonSchema; readonly output: JsonSchema }>
}

/** What a description may be nested. */
const deepest = 256

const member = /^ {4}(?:([A-Za-z_$][\w$]*)|'((?:[^'\\]|\\.)*)'): '(.*)',$/
const operation = /^ {4}(?:([A-Za-z_$][\w$]*)|'([^']*)'): \w+\.(?:operation|pagedOperation)</
const part = /^ {6}(input|output): '(.*)',$/

/** `null` for a file that the generator did not make. Throws `BODY_INVALID` for one that was changed by hand since. */
export function readGenerated(text: string): ReadBack | null {
  const lines = text.split('\n')
  const mark = lines.findLast((line) => line.startsWith(sourceMark))
  if (mark === undefined || !text.startsWith('// Made by `tenon add ')) return null
  return {
    source: parseJson(mark.slice(sourceMark.length, -1), deepest) as WrittenSource,
    schemas: schemasIn(section(lines, 'schemas')),
    operations: operationsIn(section(lines, 'operations')),
  }
}

function section(lines: readonly string[], name: string): readonly string[] {
  // Types come before, and may have members of that name.
  const start = lines.lastIndexOf(`  ${name}: {`)
  return start < 0 ? [] : lines.slice(start + 1, lines.indexOf('  },', start))
}

function schemasIn(lines: readonly string[]): NamedSchemas {
  const found = lines.map((line) => member.exec(line)).filter((parts) => parts !== null)
  return Object.fromEntries(found.map(([, plain, quoted, json]) => [plain ?? quoted, schemaIn(json)]))
}

function operationsIn(lines: readonly string[]): ReadBack['operations'] {
  const operations = new Map<string, { input: JsonSchema; output: JsonSchema }>()
  let open = { input: true as JsonSchema, output: true as JsonSchema }
  for (const line of lines) {
    const begun = operation.exec(line)
    if (begun !== null) operations.set(begun[1] ?? begun[2] ?? '', (open = { input: true, output: true }))
    const said = part.exec(line)
    if (said !== null) open[said[1] as 'input' | 'output'] = schemaIn(said[2])
  }
  return operations
}

function schemaIn(literal = ''): JsonSchema {
  return parseJson(literalJson(literal), deepest) as JsonSchema
}
