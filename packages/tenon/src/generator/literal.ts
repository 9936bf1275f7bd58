/** What makes a text safe to stand in a file of code, whatever it says. */

const identifier = /^[A-Za-z_$][\w$]*$/
// What no binding may be called in a module, and what a type may not be called.
const reserved = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with ' +
    'implements interface let package private protected public static yield await arguments eval any unknown never object string number boolean symbol bigint undefined Uint8Array'
  ).split(' '),
)

export function isIdentifier(name: string): boolean {
  return identifier.test(name) && name !== '__proto__'
}

/** A name for a binding or a type: the one given, or with `suffix` where it is taken or reserved. Throws for what is no identifier. */
export function freeName(wish: string, taken: ReadonlySet<string>, suffix = ''): string {
  if (!isIdentifier(wish)) throw new TypeError(`${JSON.stringify(wish)} is no name`)
  const isFree = (name: string): boolean => !taken.has(name) && !reserved.has(name)
  if (isFree(wish)) return wish
  let name = `${wish}${suffix}`
  for (let count = 2; !isFree(name); count += 1) name = `${wish}${suffix}${count}`
  return name
}

/** Name of a member: as it is where it may stand so. */
export function memberName(name: string): string {
  return isIdentifier(name) ? name : quoted(name)
}

/** A text as a literal that people read: in single quotes where it needs no escapes. */
export function quoted(text: string): string {
  const literal = textLiteral(text)
  return /['\\]/.test(literal) ? literal : `'${literal.slice(1, -1)}'`
}

/** A text as a literal, in JSON and in code the same. */
function textLiteral(text: string): string {
  return withoutBreaks(JSON.stringify(text))
}

/** Nothing that ends a line of code or a script of a page; what it is replaced by means the same inside of a literal. */
function withoutBreaks(literal: string): string {
  return literal.replaceAll(/[\u2028\u2029]|<\//g, (found) =>
    found === '</' ? String.raw`<\/` : `\\u${found.charCodeAt(0).toString(16)}`,
  )
}

/** Plain data on one line, as JSON that is code as well. A member `__proto__` would be no member there: it is left out. */
export function dataLiteral(value: unknown): string {
  return withoutBreaks(jsonOf(value))
}

/** Plain data as a literal of its JSON: the compiler need not look into it. */
export function jsonLiteral(value: unknown): string {
  return withoutBreaks(`'${jsonOf(value).replaceAll(/[\\']/g, String.raw`\$&`)}'`)
}

/** What `jsonLiteral` was made of, without its quotes. */
export function literalJson(text: string): string {
  return text.replaceAll(/\\(u202[89]|.)/g, (_, escape: string) =>
    escape.length > 1 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape,
  )
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => withoutProto(part)) ?? 'null'
}

function withoutProto(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part) || !Object.hasOwn(part, '__proto__')) return part
  return Object.fromEntries(Object.entries(part).filter(([name]) => name !== '__proto__'))
}

// oxlint-disable-next-line no-control-regex -- what has no place in a comment
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/** A text as one line of a comment: nothing in it ends the comment, or speaks to the compiler. */
export function commentText(text: string): string {
  return text
    .replaceAll(controls, '')
    .replaceAll(/[\s\u2028\u2029]+/g, ' ')
    .replaceAll('*/', '*\\/')
    .replaceAll('</', '< /')
    .replaceAll('@ts-', '@ ts-')
    .trim()
}
