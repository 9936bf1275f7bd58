import { climbs, pathSegment } from '../../../definition/segment.ts'
import type { ParameterPlace, Style } from '../wire.ts'
import { inputInvalid, isRecord, textOf } from './text.ts'

/** How a value is written: OAS 3.1 §4.8.12.5, RFC 6570. */
export interface Styled {
  readonly name: string
  readonly style: Style
  readonly explode: boolean
  readonly allowReserved: boolean
}

const usual: Readonly<Record<ParameterPlace, Style>> = {
  path: 'simple',
  query: 'form',
  header: 'simple',
  cookie: 'form',
}

/** With the defaults of the specification. */
export function styledBy(
  given: { readonly name: string; readonly style?: Style; readonly explode?: boolean; readonly allowReserved?: true },
  place: ParameterPlace,
): Styled {
  const style = given.style ?? usual[place]
  return {
    name: given.name,
    style,
    explode: given.explode ?? style === 'form',
    allowReserved: given.allowReserved ?? false,
  }
}

const deepest = 20
const encoded = (text: string): string => encodeURIComponent(text)

/** Reserved characters stay, but for those that end a value: it must stay one value. */
function lightly(text: string): string {
  return encodeURI(text)
    .replace(/%25(?=[0-9a-f]{2})/gi, '%')
    .replace(/[#&+?[\]]/g, encodeURIComponent)
}

/** A value as a part of the query or of a form: pairs, joined with `&`; empty for nothing. */
export function writePairs(value: unknown, by: Styled): string {
  if (value === undefined) return ''
  const of = by.allowReserved ? lightly : encoded
  const key = encoded(by.name)
  if (by.style === 'deepObject') return deepPairs(key, value, of)
  if (Array.isArray(value))
    return listPairs(
      key,
      (value as unknown[]).map((one) => of(textOf(one))),
      by,
    )
  if (!isRecord(value)) return `${key}=${of(textOf(value))}`
  const members = membersOf(value).map(([member, one]) => [encoded(member), of(textOf(one))] as const)
  if (by.explode && by.style === 'form') return members.map(([member, one]) => `${member}=${one}`).join('&')
  return members.length === 0 ? '' : `${key}=${members.flat().join(separators[by.style] ?? ',')}`
}

/** One that explodes repeats its name, whatever its style (OAS 3.1 §4.8.12.6). */
function listPairs(key: string, parts: readonly string[], { style, explode }: Styled): string {
  if (explode) return parts.map((one) => `${key}=${one}`).join('&')
  return parts.length === 0 ? '' : `${key}=${parts.join(separators[style] ?? ',')}`
}

const separators: Readonly<Partial<Record<Style, string>>> = { spaceDelimited: '%20', pipeDelimited: '%7C' }

/** `filter[name]=x`, and deeper in the way that most servers read: `items[0][price]=p1`. */
function deepPairs(key: string, value: unknown, of: (text: string) => string, depth = 0): string {
  if (depth > deepest) throw inputInvalid(key, `is nested deeper than ${deepest} levels`)
  if (Array.isArray(value)) return joined(value.map((one, index) => deepPairs(`${key}[${index}]`, one, of, depth + 1)))
  if (isRecord(value))
    return joined(membersOf(value).map(([name, one]) => deepPairs(`${key}[${encoded(name)}]`, one, of, depth + 1)))
  return value === undefined ? '' : `${key}=${of(textOf(value))}`
}

function joined(pairs: readonly string[]): string {
  return pairs.filter((pair) => pair !== '').join('&')
}

function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, one]) => one !== undefined)
}

/** A value as a part of the path. */
export function writePathPart(value: unknown, { name, style, explode, allowReserved }: Styled): string {
  const of = (part: unknown): string =>
    allowReserved ? reservedPath(part, name) : pathSegment(part instanceof Date ? part.toISOString() : part, name)
  if (style === 'simple' && !Array.isArray(value) && !isRecord(value)) return of(value)
  const isList = Array.isArray(value)
  const parts = isList ? (value as unknown[]).map(of) : []
  const members = isRecord(value) ? membersOf(value).map(([member, one]) => [encoded(member), of(one)] as const) : []
  const plain = isList || isRecord(value) ? null : of(value)
  const written = path(style, {
    name: encoded(name),
    explode,
    plain,
    isList,
    parts: isList ? parts : members.map(([member, one]) => (explode ? `${member}=${one}` : `${member},${one}`)),
  })
  if (written === '' || climbs(written))
    throw inputInvalid(name, 'goes into the path and is empty, or a path of its own')
  return written
}

interface PathParts {
  readonly name: string
  readonly explode: boolean
  readonly plain: string | null
  readonly isList: boolean
  readonly parts: readonly string[]
}

function path(style: Style, { name, explode, plain, isList, parts }: PathParts): string {
  switch (style) {
    case 'label':
      return `.${plain ?? parts.join(explode ? '.' : ',')}`
    case 'matrix':
      if (plain !== null) return `;${name}=${plain}`
      if (explode) return parts.map((part) => (isList ? `;${name}=${part}` : `;${part}`)).join('')
      return `;${name}=${parts.join(',')}`
    default:
      return plain ?? parts.join(',')
  }
}

/** Slashes stay: `projects/p1/topics/t1` is one value. */
function reservedPath(value: unknown, name: string): string {
  const text = textOf(value)
  if (text === '' || climbs(text) || text.includes('//'))
    throw inputInvalid(name, 'goes into the path and is empty, or climbs')
  return lightly(text)
}

/** A value of a header: nothing is encoded (RFC 9110 §5.5). */
export function writeHeader(value: unknown, { explode }: Styled): string {
  if (Array.isArray(value)) return value.map(textOf).join(',')
  if (!isRecord(value)) return textOf(value)
  return membersOf(value)
    .map(([name, one]) => `${name}${explode ? '=' : ','}${textOf(one)}`)
    .join(',')
}

/** The value of a cookie; the name of each, for a list that explodes. */
export function writeCookies(value: unknown, by: Styled): (readonly [name: string, value: string])[] {
  return writePairs(value, by)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)] as const
    })
}
