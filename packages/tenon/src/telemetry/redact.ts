const censored = '[secret]'
const shortestSecret = 6

/** Names of members that hold secrets, whoever filled them. */
const secretName =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key)$|pass(?:word|phrase)?$|secret|token$|api_?key$|credentials?$|signature$|private_?key$/i

/** Takes secrets out of what is printed: by the name of a member, and by value for those that it was told of. */
export interface Redactor {
  /** From now on this value, also in base64 and URL encoding, never appears. */
  add(secret: string): void
  text(text: string): string
  /** A copy that can be printed: plain, shallow, without secrets. */
  fields(fields: Readonly<Record<string, unknown>>): Record<string, unknown>
}

export function createRedactor(): Redactor {
  const forms = new Set<string>()
  let pattern: RegExp | null = null
  const text = (printed: string): string => {
    if (forms.size === 0) return printed
    pattern ??= new RegExp(
      [...forms]
        .toSorted((left, right) => right.length - left.length)
        .map(escapePattern)
        .join('|'),
      'g',
    )
    return printed.replace(pattern, censored)
  }
  return {
    text,
    add(secret) {
      if (secret.length < shortestSecret) return
      for (const form of encodedForms(secret)) forms.add(form)
      pattern = null
    },
    fields: (fields) => printable(fields, 0, text) as Record<string, unknown>,
  }
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}\-/]/g, String.raw`\$&`)
}

/** A secret may be printed as it is, inside JSON, in a URL, or in base64 at any of three offsets. */
function encodedForms(secret: string): string[] {
  const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]
  for (const offset of [0, 1, 2]) {
    const bytes = Buffer.from('\0'.repeat(offset) + secret)
    // The characters at both ends depend on the neighbours; those between are always the same.
    const first = offset === 0 ? 0 : offset + 1
    const last = Math.floor((bytes.length * 8) / 6)
    for (const encoding of ['base64', 'base64url'] as const) forms.push(bytes.toString(encoding).slice(first, last))
  }
  return forms.filter((form) => form.length >= shortestSecret)
}

type Clean = (text: string) => string

const deepest = 6

function printable(value: unknown, depth: number, clean: Clean): unknown {
  if (typeof value === 'string') return clean(value)
  if (typeof value === 'bigint') return String(value)
  return typeof value === 'object' && value !== null ? printableObject(value, depth, clean) : value
}

function printableObject(value: object, depth: number, clean: Clean): unknown {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (depth >= deepest) return '…'
  if (Array.isArray(value)) return value.slice(0, 50).map((part) => printable(part, depth + 1, clean))
  if (value instanceof Error) return printableError(value, depth, clean)
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON()
  const copy: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(value) as [string, unknown][]) {
    if (name === '__proto__') continue
    copy[name] =
      secretName.test(name) && part !== null && part !== undefined ? censored : printable(part, depth + 1, clean)
  }
  return copy
}

function printableError(error: Error, depth: number, clean: Clean): Record<string, unknown> {
  const { code, details, cause } = error as { code?: unknown; details?: unknown; cause?: unknown }
  return {
    name: error.name,
    message: clean(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(details === undefined ? {} : { details: printable(details, depth + 1, clean) }),
    ...(cause === undefined ? {} : { cause: printable(cause, depth + 1, clean) }),
  }
}
