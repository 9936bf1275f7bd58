import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorMeanings } from '../packages/tenon/src/base/errors.ts'

test('the table of errors in the documents is the table in the code', () => {
  const text = readFileSync(new URL('../docs/reference/errors.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (yes|no) \| (.+) \|$/gm)].map(
    ([, code, status, again, said]) => ({
      code,
      status: Number(status),
      retryable: again === 'yes',
      public: said,
    }),
  )
  expect(rows).toEqual(Object.entries(errorMeanings).map(([code, meaning]) => ({ code, ...meaning })))
})
