/** What a document is by its first look: `GraphQL SDL`, `GraphQL introspection`; `null` for anything else. */
export function formatOf(text: string): string | null {
  const plain = text.replace(/^\uFEFF/, '').trimStart()
  if (plain.startsWith('{'))
    return /^\{\s*("data"\s*:\s*\{\s*)?"__schema"\s*:/.test(plain) ? 'GraphQL introspection' : null
  if (/^[<[]/.test(plain)) return null
  return /^[ \t]*(?:extend[ \t]+)?(?:schema\b[^{\n:]*\{|type[ \t]+\w+[^{\n:]*\{)/m.test(plain) ? 'GraphQL SDL' : null
}
