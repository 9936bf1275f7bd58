import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { root } from '../tool.ts'
import { cell, code, page, table } from './markdown.ts'

/** Where each kind of settings is declared; the words are those that stand there. */
const sections: readonly (readonly [title: string, file: string, name: string, intro: string])[] = [
  ['App', 'app', 'AppOptions', '`defineApp(options)`'],
  ['Connection', 'app', 'ConnectionOptions', '`defineConnection(connector, options)`'],
  ['Flow', 'flow', 'FlowOptions', '`defineFlow(name, options)`'],
  ['Call', 'flow', 'CallOptions', 'The second argument of every call: `erp.getOrder(input, options)`'],
  ['Own code', 'flow', 'StepOptions', '`step.run(name, body, options)`'],
  ['Retry', 'flow', 'RetryOptions', '`retry` of a flow, a call or own code'],
  ['Schedule', 'trigger', 'ScheduleOptions', '`schedule(cron, options)`'],
  ['Connector', 'connector', 'ConnectorOptions', '`defineConnector(name, options)`'],
  ['Operation', 'operation', 'OperationOptions', '`operation(options)`, under `operations` of a connector'],
  ['Idempotency', 'operation', 'Idempotency', '`idempotency` of a connector or an operation'],
  ['Lookup', 'operation', 'Lookup', '`lookup` of an operation'],
  ['Webhooks', 'connector', 'WebhookOptions', '`webhooks` of a connector'],
  ['Event', 'event', 'EventOptions', 'Under `events` of a connector'],
]

export function settingsPage(): string {
  return page(
    '# Settings',
    'What can be said about apps, flows, calls and connectors. A setting with a `?` may be left out.',
    'A **duration** is a text such as `250ms`, `30s`, `15m`, `12h`, `14d`.',
    ...sections.map(([title, file, name, intro]) => page(`## ${title}`, intro, membersTable(file, name))),
  )
}

interface Span {
  readonly start: number
  readonly end: number
}

interface Member {
  readonly type: string
  readonly start: number
  readonly optional?: boolean
  readonly key?: { readonly name?: string }
  readonly typeAnnotation?: { readonly typeAnnotation: Span } | null
}

interface Declaration {
  readonly type: string
  readonly id?: { readonly name: string }
  readonly typeParameters?: {
    readonly params: readonly {
      readonly name: { readonly name: string }
      readonly constraint: Span | null
      readonly default: Span | null
    }[]
  } | null
  readonly body: { readonly body: readonly Member[] }
}

function membersTable(file: string, name: string): string {
  const path = join(root, `packages/tenon/src/definition/${file}.ts`)
  const text = readFileSync(path, 'utf8')
  const { program, comments } = parseSync(path, text)
  const found = program.body
    .map((statement) => ('declaration' in statement ? (statement.declaration as unknown as Declaration) : null))
    .find((declaration) => declaration?.type === 'TSInterfaceDeclaration' && declaration.id?.name === name)
  if (found === undefined || found === null) throw new Error(`${path} declares no interface ${name}`)
  const parameters = new Map(
    (found.typeParameters?.params ?? []).map(({ name, constraint, default: usual }) => {
      const span = usual ?? constraint
      return [name.name, span === null ? name.name : text.slice(span.start, span.end)]
    }),
  )
  const rows = found.body.body.flatMap((member) => {
    const type = member.typeAnnotation?.typeAnnotation
    if (member.type !== 'TSPropertySignature' || member.key?.name === undefined || type === undefined) return []
    const comment = comments.findLast(({ end }) => end <= member.start)
    const isItsOwn = comment !== undefined && text.slice(comment.end, member.start).trim() === ''
    return [
      [
        code(`${member.key.name}${member.optional === true ? '?' : ''}`),
        code(shortType(text.slice(type.start, type.end), parameters)),
        cell(isItsOwn ? wordsOf(comment.value) : missing(file, name, member.key.name)),
      ],
    ]
  })
  return table(['setting', 'type', ''], rows)
}

/** A type as it reads in a sentence: what stands for any type of a kind is named by the kind. */
function shortType(type: string, parameters: ReadonlyMap<string, string>): string {
  return (parameters.get(type) ?? type)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/Readonly<Record<string, ([\w<>, ]+)>>/g, 'Record<string, $1>')
    .replaceAll(/<(?:any|unknown)(?:, (?:any|unknown))*>/g, '')
}

function missing(file: string, name: string, member: string): never {
  throw new Error(`definition/${file}.ts: ${name}.${member} is a setting and has no words`)
}

function wordsOf(comment: string): string {
  return comment.replaceAll(/^\s*\*+ ?/gm, '').trim()
}
