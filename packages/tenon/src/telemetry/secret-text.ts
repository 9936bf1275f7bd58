import { isSecretName } from './secret-name.ts'

/** What stands in the place of a secret. */
export const censored = '[secret]'

/** `https://user:password@host` */
const userInfo = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@]{1,500}@/gi
/** `Bearer eyJ…`, `Basic dXNlcjpw…` */
const scheme = /\b(Bearer|Basic|Digest|Token|ApiKey)(\s{1,4})([\w.~+/-]{8,}={0,2})/gi
/** Tokens that say what they are, by the prefixes that providers give theirs so that they are found. */
const telling =
  /\b(?:sk_live|sk_test|rk_live|rk_test|whsec|gh[pousr]|github_pat|tenon_operator)_\w{8,}|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{30,}/g
const privateKey = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g

/** What JSON web tokens lie in: read once from its beginning, for the beginning of a token may stand in it a hundred thousand times. */
const dotted = /(?<![\w.-])[\w.-]{15,}/g
const tokenStart = /\beyJ[\w-]{5}/

/** A name, perhaps quoted, and what follows it is its value. */
const assignment = /(\\{0,4}["'])?([\w.[\]-]{1,64})(\\{0,4}["'])?\s{0,3}([:=])[^\S\r\n]{0,3}/g

/** The text without what has the form of a secret, or stands behind the name of one: in URLs, forms, JSON and headers. For text that somebody else wrote. */
export function withoutSecretForms(text: string): string {
  return assigned(
    text
      .replace(privateKey, censored)
      .replace(userInfo, `$1${censored}@`)
      .replace(scheme, (all, name: string, gap: string, value: string) =>
        isRandom(value) ? `${name}${gap}${censored}` : all,
      )
      .replace(telling, censored)
      .replace(dotted, (run) => (run.includes('eyJ') ? withoutWebTokens(run) : run)),
  )
}

/** RFC 7519 §3: three parts with dots between them, of which the last may be empty. */
function withoutWebTokens(run: string): string {
  const parts = run.split('.')
  const clean: string[] = []
  for (let index = 0; index < parts.length; index += 1) {
    const [head = '', body = '', last] = parts.slice(index, index + 3)
    const at = head.search(tokenStart)
    const isToken = at >= 0 && body.length >= 5 && last !== undefined
    clean.push(isToken ? head.slice(0, at) + censored : head)
    if (isToken) index += 2
  }
  return clean.join('.')
}

/** A token and not a word: "basic authentication" may be said. */
function isRandom(value: string): boolean {
  return /[\d=_~+/]/.test(value) || /[a-z][A-Z]/.test(value)
}

function assigned(text: string): string {
  let clean = ''
  let from = 0
  for (const match of text.matchAll(assignment)) {
    const [all, open, name = '', close, sign = ''] = match
    const start = match.index + all.length
    if (match.index < from || open !== close || !name.split(/[.[\]]+/).some(isSecretName)) continue
    const [first, last] = valueAt(text, start, { isQuoted: open !== undefined, sign })
    if (last === first) continue
    clean += text.slice(from, first) + censored
    from = last
  }
  return clean + text.slice(from)
}

const insideQuotes = /(?:[^"\\]|\\[\s\S])*/y
const unquoted = /[^\s&;,"'<>]*/y
const restOfLine = /[^\r\n"']*/y

/** Where the value lies that begins here; empty where it is none. */
function valueAt(
  text: string,
  start: number,
  { isQuoted, sign }: { readonly isQuoted: boolean; readonly sign: string },
): readonly [first: number, last: number] {
  const quote = /^\\{0,4}["']/.exec(text.slice(start, start + 5))?.[0]
  if (quote !== undefined) {
    const first = start + quote.length
    if (quote === '"') return [first, ends(insideQuotes, text, first)]
    const last = text.indexOf(quote, first)
    return [first, last < 0 ? text.length : last]
  }
  if (sign === '=' || isQuoted) return [start, ends(unquoted, text, start)]
  // After a colon stands a value in a header, and a sentence in prose: "the token: expected a text".
  return isHeaderLine(text, start) ? [start, ends(restOfLine, text, start)] : [start, start]
}

const headerLine = /(?:^|[\r\n"'{,])\s{0,3}[\w-]{0,40}(?:authorization|cookie|key|signature|token|secret):\s{0,3}$/i

function isHeaderLine(text: string, start: number): boolean {
  return headerLine.test(text.slice(Math.max(0, start - 64), start))
}

function ends(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  pattern.exec(text)
  return Math.max(from, pattern.lastIndex)
}
