import { isIP } from 'node:net'

/** A format that is asserted, and how it is named to people. */
export interface Format {
  readonly words: string
  /** True for what is no text, or no number, too: a format says nothing about other types. */
  readonly fits: (value: unknown) => boolean
}

const dateForm = /^(\d{4})-(\d{2})-(\d{2})$/
const timeForm = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(?:\.\d+)?(?:[zZ]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
// RFC 3339, appendix A.
const durationForm =
  /^P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)$/
const uuidForm = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const base64Form = /^[A-Za-z\d+/_-]*={0,2}$/
const schemeForm = /^[a-z][a-z\d+.-]*:/i
// What RFC 3986 has no place for unless it is escaped.
const outsideOfUri = /[\s<>"{}|\\^`]|%(?![\da-f]{2})|[^\x21-\x7e]/i
const hostnameForm = /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i

function isDate(text: string): boolean {
  const parts = dateForm.exec(text)
  if (parts === null) return false
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number]
  const inMonth = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return inMonth !== undefined && day >= 1 && day <= inMonth
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function isDateTime(text: string): boolean {
  return /^[tT\s]$/.test(text.charAt(10)) && isDate(text.slice(0, 10)) && timeForm.test(text.slice(11))
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  return at > 0 && at < text.length - 1 && text.length <= 320 && !/[\s<>]/.test(text)
}

const isUri = (text: string): boolean => schemeForm.test(text) && !outsideOfUri.test(text)

const texts: Readonly<Record<string, readonly [words: string, fits: (text: string) => boolean]>> = {
  'date-time': ['a point in time such as 2026-01-31T12:00:00Z', isDateTime],
  date: ['a date such as 2026-01-31', isDate],
  time: ['a time such as 12:00:00Z', (text) => timeForm.test(text)],
  duration: ['a duration such as PT15M', (text) => durationForm.test(text)],
  email: ['an email address', isEmail],
  'idn-email': ['an email address', isEmail],
  hostname: ['a host name', (text) => hostnameForm.test(text)],
  ipv4: ['an IPv4 address', (text) => isIP(text) === 4],
  ipv6: ['an IPv6 address', (text) => isIP(text) === 6 && !text.includes('%')],
  uri: ['a URI', isUri],
  uuid: ['a UUID', (text) => uuidForm.test(text)],
  byte: ['base64', (text) => base64Form.test(text)],
}

const ranges: Readonly<Record<string, readonly [words: string, least: bigint, most: bigint]>> = {
  int8: ['a whole number of 8 bits', -(2n ** 7n), 2n ** 7n - 1n],
  uint8: ['a whole number from 0 to 255', 0n, 2n ** 8n - 1n],
  int16: ['a whole number of 16 bits', -(2n ** 15n), 2n ** 15n - 1n],
  uint16: ['a whole number from 0 of 16 bits', 0n, 2n ** 16n - 1n],
  int32: ['a whole number of 32 bits', -(2n ** 31n), 2n ** 31n - 1n],
  uint32: ['a whole number from 0 of 32 bits', 0n, 2n ** 32n - 1n],
  int64: ['a whole number of 64 bits', -(2n ** 63n), 2n ** 63n - 1n],
  uint64: ['a whole number from 0 of 64 bits', 0n, 2n ** 64n - 1n],
}

/**
 * The formats that are asserted: those whose meaning is one and can be told without doubt. All others (`password`, `float`, `uri-reference`, `iri`, `regex`, whatever a provider made up) only annotate,
 * as JSON Schema has it.
 */
export function formatOf(name: string): Format | undefined {
  if (Object.hasOwn(texts, name)) {
    const [words, fits] = texts[name] as (typeof texts)[string]
    return { words, fits: (value) => typeof value !== 'string' || fits(value) }
  }
  if (!Object.hasOwn(ranges, name)) return undefined
  const [words, least, most] = ranges[name] as (typeof ranges)[string]
  const isIn = (value: number | bigint): boolean => value >= least && value <= most
  return {
    words,
    fits: (value) =>
      typeof value === 'number' ? Number.isInteger(value) && isIn(value) : typeof value !== 'bigint' || isIn(value),
  }
}
