import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TenonError } from './errors.ts'
import { decode, encode } from './json.ts'

const anything = fc.anything({
  withDate: true,
  withBigInt: true,
  withTypedArray: false,
  key: fc.oneof(fc.string(), fc.constantFrom('$tenon', 'toString', 'constructor', 'toJSON')),
})

/** Members that are undefined are not stored. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const members = Object.entries(value).filter(([, part]) => part !== undefined)
  return Object.fromEntries(members.map(([key, part]) => [key, withoutUndefined(part)]))
}

test('what is decoded is an equal copy of what was encoded', () => {
  let count = 0
  fc.assert(
    fc.property(anything, (value) => {
      let text: string
      try {
        text = encode(value)
      } catch (error) {
        expect(TenonError.is(error, 'UNENCODABLE')).toBe(true)
        return
      }
      count += 1
      expect(isDeepStrictEqual(decode(text), withoutUndefined(value))).toBe(true)
    }),
    { numRuns: 2000 },
  )
  expect(count).toBeGreaterThan(1000)
})

test('an invalid date comes back as one', () => {
  expect(decode(encode({ at: new Date(Number.NaN) }))).toEqual({ at: new Date(Number.NaN) })
})

test('a value that contains itself is refused, with its path', () => {
  const value: { self?: unknown } = {}
  value.self = value
  expect(() => encode(value, 'result')).toThrow('result.self.self')
})
