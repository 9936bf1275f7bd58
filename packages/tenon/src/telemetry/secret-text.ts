import { isSecretName } from './secret-name.ts'

/** What stands in the place of a secret. */
export const censored = '[secret]'

/** `https://user:password@host` */
const userInfo = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@]{1,500}@/gi
/** `Bearer eyJ…`, `Basic dXNlcjpw…` */
const scheme = /\b(Bearer|Basic|Digest|Token|ApiKey)(\s{1,4})([\w.~+/-]{8,}={0,2})/gi
/** Tokens that say what they are: JSON web tokens, and the prefixes that providers give theirs so that they are found. */
const telling =
  /\beyJ[\w-]{5,2000}\.[\w-]{5,4000}\.[\w-]*|\b(?:sk_live|sk_test|rk_live|rk_test|whsec|gh[pousr]|github_pat|tenon_operator)_\w{8,}|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{30,}/g
const privateKey = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g

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
      .replace(telling, censored),
  )
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
    if (last === first || text.slice(first, last).startsWith(censored)) continue
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
