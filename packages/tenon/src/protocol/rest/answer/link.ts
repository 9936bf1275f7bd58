const longest = 16_384

/** The address that a header `Link` names with the relation `next` (RFC 8288 §3); `null` for none. */
export function nextIn(header: string): string | null {
  const text = header.slice(0, longest)
  let at = text.indexOf('<')
  while (at >= 0) {
    const end = text.indexOf('>', at)
    if (end < 0) return null
    const until = endOf(text, end + 1)
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))/i.exec(text.slice(end + 1, until))
    const names = (relations?.[1] ?? relations?.[2] ?? '').toLowerCase().split(/\s+/)
    if (names.includes('next')) return text.slice(at + 1, end).trim()
    at = text.indexOf('<', until)
  }
  return null
}

/** Where the parameters of a link end: at a comma outside of quotes. */
function endOf(text: string, from: number): number {
  let isQuoted = false
  for (let index = from; index < text.length; index += 1) {
    const char = text[index]
    if (char === '\\' && isQuoted) index += 1
    else if (char === '"') isQuoted = !isQuoted
    else if (char === ',' && !isQuoted) return index
  }
  return text.length
}
