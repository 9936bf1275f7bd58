/** How a secret may look where somebody wrote it down: the source of a pattern, and how many characters it finds at least. */
export interface Spelling {
  readonly source: string
  readonly length: number
}

/** As it is, or as any usual encoder writes it: JSON, also inside JSON, URL or form, also twice, HTML; in hexadecimal; in base64 at any of three offsets. */
export function spellingsOf(secret: string): readonly Spelling[] {
  const inHex = Buffer.from(secret).toString('hex')
  return [
    spelled(secret),
    { source: inHex.replaceAll(/[a-f]/g, eitherCase), length: inHex.length },
    ...inBase64(secret).map(spelled),
  ]
}

function inBase64(secret: string): string[] {
  return [0, 1, 2].map((offset) => {
    const bytes = Buffer.from('\0'.repeat(offset) + secret)
    // The characters at both ends depend on the neighbours; those between are always the same.
    const first = offset === 0 ? 0 : offset + 1
    const last = Math.floor((bytes.length * 8) / 6)
    return bytes.toString('base64').slice(first, last)
  })
}

/** No encoder touches letters and digits; each knows another part of the rest. */
function spelled(text: string): Spelling {
  // Padding at the end is left out as often as not.
  const bare = text.replace(/=+$/, '')
  const kept = bare.length < 6 ? text : bare
  return { source: kept.replaceAll(/\\+|[^a-zA-Z0-9\\]/gu, anyhow), length: kept.length }
}

const mostEscapes = 7
const known = new Map<string, string>()

function anyhow(char: string): string {
  // Several in a row are one piece: a pattern in which each may be one or many would be tried in every division.
  if (char.startsWith('\\')) return backslashes(char.length)
  let source = known.get(char)
  if (source === undefined) {
    source = `(?:${[...new Set(formsOf(char))].join('|')})`
    if (known.size < 1000) known.set(char, source)
  }
  return source
}

function backslashes(count: number): string {
  const others = [inUrl('\\'), ...inHtml('\\'), escaped('u005[cC]')].join('|')
  return String.raw`(?:\\{${count},${count * (mostEscapes + 1)}}|(?:${others}){${count}})`
}

function formsOf(char: string): string[] {
  return [
    escaped(literal(char)),
    escaped(inUnicode(char)),
    inUrl(char.toWellFormed()),
    ...inHtml(char),
    ...(shortEscapes[char] ?? []),
    ...(sameInBase64[char] ?? []),
  ]
}

function escaped(source: string): string {
  return String.raw`\\{0,${mostEscapes}}${source}`
}

function literal(char: string): string {
  return char.replaceAll(/[$()*+.?[\\\]^{|}\-/]/g, String.raw`\$&`)
}

const shortEscapes: Readonly<Record<string, readonly string[]>> = {
  '\b': [String.raw`\\{1,${mostEscapes}}b`],
  '\f': [String.raw`\\{1,${mostEscapes}}f`],
  '\n': [String.raw`\\{1,${mostEscapes}}n`],
  '\r': [String.raw`\\{1,${mostEscapes}}r`],
  '\t': [String.raw`\\{1,${mostEscapes}}t`],
  ' ': [String.raw`\+`],
}

/** RFC 4648 §5 writes these two in another way. */
const sameInBase64: Readonly<Record<string, readonly string[]>> = { '+': [String.raw`\-`], '/': ['_'] }

function inUnicode(char: string): string {
  const units = char.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return units.map((unit) => `u${unit.replaceAll(/[a-f]/g, eitherCase)}`).join(String.raw`\\{1,${mostEscapes}}`)
}

function inUrl(char: string): string {
  const bytes = [...Buffer.from(char)].map((byte) => byte.toString(16).padStart(2, '0'))
  return bytes.map((byte) => `%(?:25){0,3}${byte.replaceAll(/[a-f]/g, eitherCase)}`).join('')
}

const entities: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

function inHtml(char: string): string[] {
  const point = char.codePointAt(0) ?? 0
  const inHex = point.toString(16).replaceAll(/[a-f]/g, eitherCase)
  const numbers = `&(?:amp;)?#(?:0{0,4}${point}|[xX]0{0,4}${inHex});`
  const name = entities[char]
  return name === undefined ? [numbers] : [numbers, `&(?:amp;)?${name};`]
}

function eitherCase(letter: string): string {
  return `[${letter}${letter.toUpperCase()}]`
}
