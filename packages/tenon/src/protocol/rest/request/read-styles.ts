import { parseJson } from '../../../base/json.ts'
import type { JsonSchema } from '../../../schema/schema.ts'
import { itemSchema, memberSchema, membersOf, typedText, typesOf, type Look } from '../look.ts'
import type { Styled } from './styles.ts'
import { bodyInvalid } from './text.ts'

type Pairs = readonly (readonly [name: string, value: string])[]

const deepest = 20

/** The value that pairs of a query or form carry, `undefined` for none: the way back from `writePairs`. */
export function readStyled(look: Look, schema: JsonSchema, by: Styled, pairs: Pairs): unknown {
  const { name, style, explode } = by
  if (style === 'deepObject') return deep(look, schema, name, pairs)
  const types = typesOf(look, schema)
  const isObject = types.has('object') && !types.has('string')
  if (isObject && explode && style === 'form') return spread(look, schema, pairs)
  const texts = pairs.filter(([given]) => given === name).map(([, text]) => text)
  if (texts.length === 0) return undefined
  const split = (text: string): string[] => text.split(separators[style] ?? ',')
  if (types.has('array') && (texts.length > 1 || !types.has('string'))) {
    const parts = explode ? texts : texts.flatMap(split)
    return parts.map((text) => typedPart(look, itemSchema(look, schema), text))
  }
  if (isObject && !explode) return alternating(look, schema, split(texts[0] as string))
  return typedPart(look, schema, texts.at(-1) as string)
}

const separators: Readonly<Record<string, string>> = { spaceDelimited: ' ', pipeDelimited: '|' }

/** The members of an object that stand for themselves. */
function spread(look: Look, schema: JsonSchema, pairs: Pairs): unknown {
  const own = new Set(Object.keys(membersOf(look, schema)?.properties ?? {}))
  const found = pairs.filter(([given]) => own.has(given))
  if (found.length === 0) return undefined
  return Object.fromEntries(
    found.map(([member, text]) => [member, typedPart(look, memberSchema(look, schema, member), text)]),
  )
}

/** A text as what its schema says; what has members is JSON, unless it may be a text. */
export function typedPart(look: Look, schema: JsonSchema, text: string): unknown {
  const types = typesOf(look, schema)
  const mayHaveMembers = types.size === 0 || types.has('object') || types.has('array')
  if (types.has('string') || !mayHaveMembers || !/^\s*[{[]/.test(text)) return typedText(look, schema, text)
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

function alternating(look: Look, schema: JsonSchema, parts: readonly string[]): unknown {
  const entries: [string, unknown][] = []
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const member = parts[index] as string
    entries.push([member, typedPart(look, memberSchema(look, schema, member), parts[index + 1] as string)])
  }
  return Object.fromEntries(entries)
}

interface Tree {
  text?: string
  readonly members: Map<string, Tree>
}

function deep(look: Look, schema: JsonSchema, name: string, pairs: Pairs): unknown {
  const root: Tree = { members: new Map() }
  let found = false
  for (const [given, text] of pairs) {
    const inside = given === name ? '' : given.startsWith(`${name}[`) ? given.slice(name.length) : null
    if (inside === null) continue
    if (!/^(?:\[[^[\]]*\])*$/.test(inside)) throw bodyInvalid('a name has brackets without their pair')
    found = true
    const parts = inside === '' ? [] : inside.slice(1, -1).split('][')
    if (parts.length > deepest) throw bodyInvalid(`is nested deeper than ${deepest} levels`)
    let node = root
    for (const part of parts) {
      const key = part === '' ? String(node.members.size) : part
      const next = node.members.get(key) ?? { members: new Map() }
      node.members.set(key, next)
      node = next
    }
    node.text = text
  }
  return found ? grown(look, schema, root) : undefined
}

function grown(look: Look, schema: JsonSchema, { text, members }: Tree): unknown {
  if (members.size === 0) return typedPart(look, schema, text ?? '')
  const isList = [...members.keys()].every((key, index) => key === String(index))
  if (isList && !(typesOf(look, schema).has('object') && !typesOf(look, schema).has('array')))
    return [...members.values()].map((part) => grown(look, itemSchema(look, schema), part))
  return Object.fromEntries(
    [...members].map(([key, part]) => [key, grown(look, memberSchema(look, schema, key), part)]),
  )
}

/** The value of a part of the path, the way back from `writePathPart`; `text` is percent-decoded already. */
export function readPathPart(look: Look, schema: JsonSchema, { name, style, explode }: Styled, text: string): unknown {
  const types = typesOf(look, schema)
  const isList = types.has('array') && !types.has('string')
  const isObject = types.has('object') && !types.has('string')
  if (style === 'matrix') {
    const pairs = text
      .split(';')
      .filter((part) => part !== '')
      .map((part) => {
        const at = part.indexOf('=')
        return at < 0 ? ([part, ''] as const) : ([part.slice(0, at), part.slice(at + 1)] as const)
      })
    return readStyled(look, schema, { name, style: 'form', explode, allowReserved: false }, pairs)
  }
  const bare = style === 'label' ? text.replace(/^\./, '') : text
  if (!isList && !isObject) return typedText(look, schema, bare)
  const parts = bare.split(style === 'label' && explode ? '.' : ',')
  if (isList) return parts.map((part) => typedPart(look, itemSchema(look, schema), part))
  if (!explode) return alternating(look, schema, parts)
  return Object.fromEntries(
    parts.map((part) => {
      const [member = '', ...rest] = part.split('=')
      return [member, typedPart(look, memberSchema(look, schema, member), rest.join('='))]
    }),
  )
}

/** The value of a header. */
export function readHeader(look: Look, schema: JsonSchema, { explode }: Styled, text: string): unknown {
  return readPathPart(look, schema, { name: '', style: 'simple', explode, allowReserved: false }, text.trim())
}
