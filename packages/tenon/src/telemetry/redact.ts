import { printable } from './printable.ts'
import { censored, withoutSecretForms } from './secret-text.ts'

const shortestSecret = 6
/** A line of a secret of several lines, such as a private key, may stand alone in a message. */
const shortestLine = 16
const mostTemporary = 64

/** Takes secrets out of what is printed: by the name of a member, by the form of a text, and by value for those that it was told of. */
export interface Redactor {
  /** From now on this value, also in JSON, base64, hexadecimal, HTML and URLs, never appears. Values under six characters are words: they are not looked for. */
  add(secret: string): void
  /** The same for a value that is soon replaced by another, such as an access token: the latest 64 are remembered. */
  addTemporary(secret: string): void
  /** Text that somebody else wrote: without the secrets that are known, and without what looks like one. */
  text(text: string): string
  /** Text of our own making: without the secrets that are known. */
  known(text: string): string
  /** A copy that can be printed: plain, bounded, without secrets. */
  fields(fields: Readonly<Record<string, unknown>>): Record<string, unknown>
}

export function createRedactor(): Redactor {
  const lasting = new Map<string, readonly string[]>()
  const temporary = new Map<string, readonly string[]>()
  let pattern: RegExp | null = null

  const known = (text: string): string => {
    if (lasting.size + temporary.size === 0) return text
    pattern ??= patternOf([...lasting.values(), ...temporary.values()].flat())
    return text.replace(pattern, censored)
  }
  const text = (printed: string): string => withoutSecretForms(known(printed))
  const remember = (where: Map<string, readonly string[]>, secret: string): void => {
    if (secret.length < shortestSecret || where.has(secret)) return
    where.set(secret, spellings(secret))
    pattern = null
  }

  return {
    known,
    text,
    add: (secret) => remember(lasting, secret),
    addTemporary(secret) {
      remember(temporary, secret)
      for (const [oldest] of temporary) if (temporary.size > mostTemporary) temporary.delete(oldest)
    },
    fields: (fields) => printable(fields, text),
  }
}

/** The longest first: one secret may hold another. */
function patternOf(forms: readonly string[]): RegExp {
  const ordered = [...new Set(forms)].toSorted((left, right) => right.length - left.length)
  return new RegExp(ordered.map(escapePattern).join('|'), 'g')
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}\-/]/g, String.raw`\$&`)
}

function spellings(given: string): readonly string[] {
  const secret = given.toWellFormed()
  const lines = secret.split(/[\r\n]+/).filter((line) => line.length >= shortestLine)
  const texts = new Set([given, secret, secret.trim(), ...lines])
  return [...texts].flatMap(encodedForms).filter((form) => form.length >= shortestSecret)
}

/** A secret may be printed as it is, in JSON and in JSON inside JSON, in a URL or a form, in HTML, in hexadecimal, or in base64 at any of three offsets. */
function encodedForms(secret: string): string[] {
  const inJson = jsonOf(secret)
  const inUrl = encodeURIComponent(secret.toWellFormed())
  const inForm = new URLSearchParams({ s: secret }).toString().slice(2)
  const inHex = Buffer.from(secret).toString('hex')
  return [
    secret,
    inJson,
    jsonOf(inJson),
    inUrl,
    lowerEscapes(inUrl),
    inForm,
    lowerEscapes(inForm),
    htmlOf(secret),
    inHex,
    inHex.toUpperCase(),
    ...inBase64(secret),
  ]
}

function jsonOf(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function lowerEscapes(encoded: string): string {
  return encoded.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function htmlOf(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => entities[char] ?? char)
}

function inBase64(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from('\0'.repeat(offset) + secret)
    // The characters at both ends depend on the neighbours; those between are always the same.
    const first = offset === 0 ? 0 : offset + 1
    const last = Math.floor((bytes.length * 8) / 6)
    return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(first, last))
  })
}
