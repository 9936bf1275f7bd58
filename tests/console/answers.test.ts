import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { answersFile, answersText } from '../../scripts/console-answers.ts'

test('the console knows the answers that the server gives; if not: node scripts/console-answers.ts', async () => {
  expect(readFileSync(answersFile, 'utf8')).toBe(await answersText())
})
