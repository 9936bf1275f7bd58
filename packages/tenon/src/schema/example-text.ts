import { patternExample } from './example-pattern.ts'
import type { JsonSchemaObject } from './schema.ts'

const hex = '0123456789abcdef'
const letters = 'abcdefghijklmnopqrstuvwxyz'

type Random = () => number

const formats: Readonly<Record<string, (random: Random) => unknown>> = {
  'date-time': (random) => new Date(pointInTime(random)).toISOString(),
  date: (random) => new Date(pointInTime(random)).toISOString().slice(0, 10),
  time: (random) => new Date(pointInTime(random)).toISOString().slice(11),
  duration: () => 'PT15M',
  email: (random) => `${word(random, 6)}@example.com`,
  'idn-email': (random) => `${word(random, 6)}@example.com`,
  hostname: (random) => `${word(random, 6)}.example.com`,
  ipv4: (random) => `192.0.2.${1 + Math.floor(random() * 254)}`,
  ipv6: (random) => `2001:db8::${1 + Math.floor(random() * 999)}`,
  uri: (random) => `https://example.com/${word(random, 6)}`,
  uuid: (random) =>
    `${digits(random, 8)}-${digits(random, 4)}-4${digits(random, 3)}-8${digits(random, 3)}-${digits(random, 12)}`,
  byte: (random) => Buffer.from(word(random, 6)).toString('base64'),
  binary: (random) => new Uint8Array(Buffer.from(word(random, 6))),
}

// 2026, whatever day it is: the same seed gives the same example.
function pointInTime(random: Random): number {
  return Date.UTC(2026, 0, 1) + Math.floor(random() * 365 * 86_400) * 1000
}

/** A text that a schema describes, or the bytes of the format `binary`. */
export function textExample(schema: JsonSchemaObject, random: Random): unknown {
  const { format = '', minLength, maxLength, pattern } = schema
  const least = typeof minLength === 'number' ? minLength : 0
  const most = typeof maxLength === 'number' ? maxLength : Number.POSITIVE_INFINITY
  if (typeof pattern === 'string') {
    const text = patternExample(pattern, random, least)
    if (text !== null) return text
  }
  if (Object.hasOwn(formats, format)) return formats[format]?.(random)
  return word(random, Math.max(Math.min(8, most), Math.min(least, 100_000)))
}

function word(random: Random, length: number): string {
  return from(letters, random, length)
}

function digits(random: Random, length: number): string {
  return from(hex, random, length)
}

function from(alphabet: string, random: Random, length: number): string {
  let text = ''
  while (text.length < length) text += alphabet.charAt(Math.floor(random() * alphabet.length))
  return text
}
