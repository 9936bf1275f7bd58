/** A type of TypeScript: one thing, or several joined by `|` or `&`. */
export interface Joined {
  readonly by: '' | '|' | '&'
  readonly parts: readonly string[]
}

const widest = 100

export const unknown: Joined = { by: '', parts: ['unknown'] }
export const never: Joined = { by: '', parts: ['never'] }
/** Any object. */
export const anyObject: Joined = { by: '', parts: ['{ [key: string]: unknown }'] }

export function single(text: string): Joined {
  return { by: '', parts: [text] }
}

export function unionOf(types: readonly Joined[]): Joined {
  const parts = new Set<string>()
  for (const type of types) {
    if (type.by === '|') for (const part of type.parts) parts.add(part)
    else parts.add(operand(type, ''))
  }
  if (parts.has('unknown')) return unknown
  parts.delete('never')
  if (parts.size === 0) return never
  return { by: parts.size === 1 ? '' : '|', parts: [...parts] }
}

export function intersectionOf(types: readonly Joined[], indent: string): Joined {
  const [anything] = anyObject.parts
  const parts = new Set<string>()
  for (const type of types) {
    if (type.by === '&') for (const part of type.parts) parts.add(part)
    else parts.add(operand(type, indent))
  }
  parts.delete('unknown')
  if (parts.size > 1) parts.delete(anything as string)
  if (parts.size === 0) return unknown
  return { by: parts.size === 1 ? '' : '&', parts: [...parts] }
}

/** The type as text; a long union has a line for each of its parts. */
export function textOf({ by, parts }: Joined, indent: string): string {
  if (by !== '|') return parts.join(by === '&' ? ' & ' : '')
  const line = parts.join(' | ')
  if (line.length <= widest && !line.includes('\n')) return line
  return parts.map((part) => `\n${indent}  | ${part}`).join('')
}

/** The type as it stands beside an operator. */
export function operand(type: Joined, indent: string): string {
  return type.by === '' ? textOf(type, indent) : `(${textOf(type, indent)})`
}
