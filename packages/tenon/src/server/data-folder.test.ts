import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataFolder } from './data-folder.ts'

let path: string
let folder: DataFolder
const sessions = (): string => join(path, 'sessions.json')
const content = { sessions: [], links: [] }

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tenon-folder-'))
  folder = new DataFolder(path)
  folder.open()
})
afterEach(() => rmSync(path, { recursive: true, force: true }))

test('SEC-17: what others laid there is not written into', () => {
  const elsewhere = join(path, 'elsewhere')
  writeFileSync(elsewhere, 'theirs')
  symlinkSync(elsewhere, `${sessions()}.new`)
  folder.keepSessions(content)
  expect(readFileSync(elsewhere, 'utf8')).toBe('theirs')
  writeFileSync(`${sessions()}.new`, '')
  chmodSync(`${sessions()}.new`, 0o666)
  folder.keepSessions(content)
  expect(statSync(sessions()).mode & 0o777).toBe(0o600)
  expect(folder.sessions()).toEqual(content)
})

test('SEC-17: sessions that others could have written let nobody in', () => {
  folder.keepSessions(content)
  chmodSync(sessions(), 0o666)
  expect(folder.sessions()).toBeNull()
})

test('a file of sessions that cannot be read is told as such', () => {
  mkdirSync(sessions())
  expect(() => folder.sessions()).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_UNUSABLE' }))
})
