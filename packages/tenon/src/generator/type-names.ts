import type { NamedSchemas } from '../schema/schema.ts'
import { freeName } from './literal.ts'
import { twoSided, type Side } from './sides.ts'

/** Names of the types of one file. */
export interface TypeNames {
  /** The type of a named schema, seen from a side. */
  of(schema: string, side: Side): string
  /** Whether the type is another from the other side. */
  isTwoSided(schema: string): boolean
  /** A name that nothing has yet. */
  claim(wish: string, suffix?: string): string
}

export function typeNames(named: NamedSchemas, reserved: readonly string[]): TypeNames {
  const sided = twoSided(named)
  const taken = new Set(reserved)
  const claim = (wish: string, suffix = ''): string => {
    const name = freeName(wish, taken, suffix)
    taken.add(name)
    return name
  }
  const outputs = new Map(Object.keys(named).map((schema) => [schema, claim(schema, 'Type')]))
  const inputs = new Map([...sided].map((schema) => [schema, claim(`${schema}Input`)]))
  return {
    of: (schema, side) => (side === 'input' ? inputs.get(schema) : undefined) ?? outputs.get(schema) ?? 'unknown',
    isTwoSided: (schema) => sided.has(schema),
    claim,
  }
}

export function pascal(text: string): string {
  const words = text.split(/[^A-Za-z\d]+/).filter((word) => word !== '')
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(name) ? name : `Type${name}`
}
