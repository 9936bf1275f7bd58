import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode, encodePlainly } from './json.ts'

const anything = fc.anything({
  withDate: true,
  withBigInt: true,
  withSparseArray: true,
  withNullPrototype: true,
  withTypedArray: false,
  key: fc.oneof(fc.string(), fc.constantFrom('$tenon', 'toString', 'constructor', 'toJSON')),
})

test('a value that is said to need no copy is what its copy would be, to the last member', () => {
  let same = 0
  fc.assert(
    fc.property(anything, (value) => {
      let plainly
      try {
        plainly = encodePlainly(value)
      } catch {
        return
      }
      if (!plainly.isSame) return
      same += 1
      expect(isDeepStrictEqual(decode(plainly.text), value)).toBe(true)
      expect(plainly.text).toBe(encode(value))
    }),
    { numRuns: 2000 },
  )
  expect(same).toBeGreaterThan(100)
})

test.each([
  ['a member that is undefined', { a: undefined }],
  ['a list with an undefined item', [1, undefined, 2]],
  ['minus zero', { a: -0 }],
  ['a date', { a: new Date(0) }],
  ['a bigint', [1n]],
  ['our own mark', { $tenon: 'x' }],
  ['an object without a prototype', Object.create(null) as unknown],
])('%s needs a copy', (_what, value) => {
  expect(encodePlainly(value).isSame).toBe(false)
})
