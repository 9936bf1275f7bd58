/** How a value may stand in what somebody can read: as it is, or written by a usual encoder. */
export function formsOf(canary: string): readonly string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const bytes = Buffer.from(' '.repeat(offset) + canary)
    // The characters at both ends depend on the neighbours.
    return bytes.toString('base64').slice(offset === 0 ? 0 : offset + 1, Math.floor((bytes.length * 8) / 6))
  })
  const hex = Buffer.from(canary).toString('hex')
  return [
    canary,
    jsonOf(canary),
    jsonOf(jsonOf(canary)),
    canary.replaceAll(/[^\w-]/g, (sign) => String.raw`\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
    htmlOf(canary, '&quot;'),
    htmlOf(canary, '&#34;'),
    canary.replaceAll('/', String.raw`\/`),
    encodeURIComponent(canary),
    encodeURIComponent(encodeURIComponent(canary)),
    // As oauth4webapi writes a client's secret (RFC 6749 appendix B).
    canary.replaceAll(/\W|_/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    new URLSearchParams({ '': canary }).toString().slice(1),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

const jsonOf = (text: string): string => JSON.stringify(text).slice(1, -1)

function htmlOf(text: string, quote: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', quote)
}

/** Where canaries were found; never which value. */
export function findCanaries(
  canaries: ReadonlyMap<string, string>,
  places: ReadonlyMap<string, string | Buffer>,
): readonly string[] {
  const found: string[] = []
  for (const [name, canary] of canaries) {
    const forms = formsOf(canary)
    for (const [place, text] of places) if (forms.some((form) => text.includes(form))) found.push(`${name} in ${place}`)
  }
  return found
}
