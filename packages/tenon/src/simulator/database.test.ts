import { appendFile, readFile, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { file } from './bank.fixture.ts'
import { openDatabase } from './database.ts'

test('a file that has grown is written anew while it is in use, and nothing is lost', async () => {
  const path = await file()
  const options = { file: path, connector: 'bank', keep: 10, compactAfter: 20_000 }
  const database = await openDatabase(options)
  const largest: number[] = []
  for (let number = 0; number < 2000; number += 1) {
    database.transaction(() => database.table<string>('rows').put(String(number % 7), `${number} `.padEnd(60, 'x')))
    if (number % 20 === 0) await database.durable()
    if (number % 100 === 0) largest.push((await stat(path)).size)
  }
  await database.durable()
  const state = database.snapshot()
  await database.close()
  expect(Math.max(...largest)).toBeLessThan(30_000)
  await appendFile(path, '[["rows","0","half a l')
  const again = await openDatabase(options)
  expect(again.snapshot()).toEqual(state)
  expect(await readFile(path, 'utf8')).toContain('1999 ')
  await again.close()
})
