import { printable } from './printable.ts'
import { spellingsOf, type Spelling } from './secret-spelling.ts'
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
  const lasting = new Map<string, readonly Spelling[]>()
  const temporary = new Map<string, readonly Spelling[]>()
  let pattern: RegExp | null = null

  const known = (text: string): string => {
    if (lasting.size + temporary.size === 0) return text
    pattern ??= patternOf([...lasting.values(), ...temporary.values()].flat())
    return text.replace(pattern, censored)
  }
  const text = (printed: string): string => withoutSecretForms(known(printed))
  const remember = (where: Map<string, readonly Spelling[]>, secret: string): void => {
    if (secret.length < shortestSecret || where.has(secret)) return
    where.set(secret, allSpellings(secret))
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
function patternOf(spellings: readonly Spelling[]): RegExp {
  const ordered = spellings.toSorted((left, right) => right.length - left.length)
  return new RegExp([...new Set(ordered.map(({ source }) => source))].join('|'), 'g')
}

function allSpellings(given: string): readonly Spelling[] {
  const secret = given.toWellFormed()
  const lines = secret.split(/[\r\n]+/).filter((line) => line.length >= shortestLine)
  const texts = new Set([given, secret, secret.trim(), ...lines])
  return [...texts].flatMap(spellingsOf).filter(({ length }) => length >= shortestSecret)
}
