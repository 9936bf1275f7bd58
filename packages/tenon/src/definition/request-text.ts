/** RFC 3986 §2.3: everything but letters, digits and `-._~` in percent form, as signatures want it (RFC 5849 §3.6). */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A path with one more pair, already encoded, in its query. */
export function withQuery(path: string, pair: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${pair}`
}

/** Path and query apart; the query without its `?`, empty for none. */
export function splitPath(path: string): readonly [path: string, query: string] {
  const at = path.indexOf('?')
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)]
}

/** The value of a header in a list of names and values; empty for none. */
export function headerIn(headers: readonly string[], name: string): string {
  const at = headers.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name)
  return at < 0 ? '' : (headers[at + 1] as string)
}

/** By bytes, for text that is ASCII by now: negative, zero or positive. */
export function order(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
