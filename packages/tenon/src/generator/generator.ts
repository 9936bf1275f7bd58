import { TenonError } from '../base/errors.ts'
import type { ApiDescription, DescribedAuth } from '../protocol/description.ts'
import type { WrittenSource } from '../protocol/written.ts'
import { commentOf } from './comment.ts'
import { bareSchema } from './data.ts'
import { commentText, dataLiteral, freeName, isIdentifier, jsonLiteral, memberName, quoted } from './literal.ts'
import { typesOf } from './types.ts'

/** The line of a generated file that says, as data, what it was made from. */
export const sourceMark = '  source: '

export interface GenerateOptions {
  /** Of the connector: the file defines `<name>Api`. */
  readonly name: string
  readonly source: WrittenSource
}

/**
 * The text of `<name>.generated.ts`: types, and a call of the protocol with plain data. The same description gives the same text. Nothing of the description is code in it: names have passed a check, all
 * other text is a literal or a comment that it cannot leave.
 */
export function generate(api: ApiDescription, { name, source }: GenerateOptions): string {
  const { protocol } = api
  const constant = apiName(name)
  const [auth] = api.auth
  const call = callText(auth ?? { scheme: 'noAuth', arguments: [] })
  const [scheme = ''] = call.split('(')
  for (const one of [protocol, ...api.operations.map((operation) => operation.name)]) requireName(one)
  const types = typesOf(api, [constant, protocol, scheme])
  return [
    headOf(name, api, source),
    `import { ${scheme} } from 'tenon'\nimport { ${protocol} } from 'tenon/protocol/${protocol}'\n\n`,
    types.text,
    `${types.text === '' ? '' : '\n'}${commentOf({ summary: api.title, description: api.description }, '')}`,
    `export const ${constant} = ${protocol}.api({\n`,
    `${sourceMark}${dataLiteral(source)},\n`,
    `  baseUrl: ${dataLiteral(api.baseUrl)},\n`,
    `  auth: ${call},\n`,
    `  wire: ${jsonLiteral(api.wire)},\n`,
    schemasText(api),
    '  operations: {\n',
    ...api.operations.map((operation, index) => operationText(operation, protocol, types.operations[index])),
    '  },\n',
    ...eventsText(api, types.events),
    '})\n',
  ].join('')
}

/** What the file calls the API of a connector. */
export function apiName(connector: string): string {
  return `${camel(connector)}Api`
}

/** What a connector's own file calls it. */
export function connectorName(connector: string): string {
  return freeName(camel(connector), new Set(), 'Connector')
}

function camel(name: string): string {
  return name.replaceAll(/[-_.](\w)/g, (_, letter: string) => letter.toUpperCase())
}

function requireName(name: string): void {
  if (!isIdentifier(name)) throw new TenonError('INTERNAL', `${JSON.stringify(name)} cannot be a name in code`)
}

function headOf(name: string, { format, title, version }: ApiDescription, source: WrittenSource): string {
  const what = commentText(`${format}, ${JSON.stringify(title)} ${version}`)
  const again = `tenon add ${name} --update`
  return [
    `// Made by \`tenon add ${name}\` from ${commentText(source.location)} (${what}). Do not edit: \`${again}\` makes it anew.`,
    ...['oxlint', 'eslint'].map((tool) => `/* ${tool}-disable */`),
    '',
  ].join('\n')
}

/** A way to authenticate as a call of its constructor. */
export function callText({ scheme, arguments: given }: Pick<DescribedAuth, 'scheme' | 'arguments'>): string {
  requireName(scheme)
  return `${scheme}(${given.map((one) => dataLiteral(one)).join(', ')})`
}

function schemasText({ schemas }: ApiDescription): string {
  const lines = Object.keys(schemas)
    .toSorted()
    .map((name) => `    ${memberName(name)}: ${jsonLiteral(bareSchema(schemas[name] ?? true))},\n`)
  return lines.length === 0 ? '  schemas: {},\n' : `  schemas: {\n${lines.join('')}  },\n`
}

function operationText(
  operation: ApiDescription['operations'][number],
  protocol: string,
  types: { readonly input: string; readonly output: string } | undefined,
): string {
  const { name, summary, description, input, output, wire, isPaged } = operation
  const call = isPaged === true ? 'pagedOperation' : 'operation'
  const said = summary ?? description
  return [
    commentOf(operation, '    '),
    `    ${memberName(name)}: ${protocol}.${call}<${types?.input ?? 'unknown'}, ${types?.output ?? 'unknown'}>({\n`,
    ...(said === undefined ? [] : [`      description: ${quoted(commentText(said).slice(0, 200))},\n`]),
    `      input: ${jsonLiteral(bareSchema(input))},\n`,
    `      output: ${jsonLiteral(bareSchema(output))},\n`,
    `      wire: ${jsonLiteral(wire)},\n`,
    '    }),\n',
  ].join('')
}

function eventsText({ events, protocol }: ApiDescription, types: readonly string[]): string[] {
  if (events.length === 0) return []
  const members = events.map(({ type, description, data }, index) => {
    const said = description === undefined ? '' : `description: ${quoted(commentText(description).slice(0, 200))}, `
    return `${commentOf({ description }, '    ')}    ${memberName(type)}: ${protocol}.event<${types[index] ?? 'unknown'}>({ ${said}data: ${jsonLiteral(bareSchema(data))} }),\n`
  })
  return ['  events: {\n', ...members, '  },\n']
}
