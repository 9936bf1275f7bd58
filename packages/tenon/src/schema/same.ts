const mostNested = 256

/** One text for equal values, whatever the order of their members: 1 and 1n are equal, 1 and '1' are not. */
export function sameText(value: unknown, depth = 0): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (depth > mostNested) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => sameText(item, depth + 1)).join(',')}]`
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('base64')}`
  const members = value as Record<string, unknown>
  const names = Object.keys(members).filter((name) => members[name] !== undefined)
  names.sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${sameText(members[name], depth + 1)}`).join(',')}}`
}
