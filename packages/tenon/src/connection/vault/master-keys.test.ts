import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandKeys } from './command.ts'
import { environmentKeys } from './environment.ts'
import { fileKeys } from './file.ts'
import type { MasterKeys } from './master-keys.ts'
import { masterKeysSuite } from './master-keys.suite.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-keys-'))
  path = join(folder, 'master-key')
})
afterEach(() => rmSync(folder, { recursive: true }))

const newKey = (): string => randomBytes(32).toString('base64')
const child = fileURLToPath(new URL('./command-child.ts', import.meta.url))
const commandOf = (...words: string[]): MasterKeys =>
  commandKeys({
    command: [process.execPath, '--conditions=source', child, path, ...words],
    environment: { PATH: process.env['PATH'], AWS_REGION: 'x', TENON_MASTER_KEY: 'secret', SHOP_KEY: 'secret' },
    ...(words[0] === 'slow' && { limitMs: 500 }),
  })

masterKeysSuite('file', async () => {
  const keys = fileKeys({ path, isUnused: async () => !existsSync(path) })
  await keys.current()
  const lost = fileKeys({ path })
  return {
    keys: lost,
    async renew() {
      await lost.renew()
      return lost
    },
    lose() {
      rmSync(path)
      return lost
    },
  }
})

masterKeysSuite('environment', async () => {
  const [first, second] = [newKey(), newKey()]
  return {
    keys: environmentKeys(first, undefined),
    renew: async () => environmentKeys(second, first),
    lose: () => environmentKeys(second, undefined),
  }
})

masterKeysSuite('command', async () => {
  writeFileSync(path, `${newKey()}\n`, { mode: 0o600 })
  return {
    keys: commandOf(),
    async renew() {
      appendFileSync(path, `${newKey()}\n`)
      return commandOf()
    },
    lose() {
      rmSync(path)
      return commandOf()
    },
  }
})

describe('DAT-03: the command', () => {
  test.each([
    ['slow', /did not answer within 500 ms/],
    ['loud', /more than 65536 bytes/],
    ['words', /something else than one JSON object/],
  ])('that is %s locks the vault for now', async (behaviour, message) => {
    const asked = commandOf(behaviour).current()
    await expect(asked).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      retryable: true,
      message: expect.stringMatching(message),
    })
  })

  test('that is not there locks it, too', async () => {
    const keys = commandKeys({ command: [join(folder, 'none')], environment: {} })
    await expect(keys.current()).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      message: expect.stringContaining('none'),
    })
  })

  test('SEC-06: sees only what it needs of the environment', async () => {
    const names = (await commandOf('environment').current()).split(' ')
    expect(names).toEqual(expect.arrayContaining(['AWS_REGION', 'PATH']))
    for (const hidden of ['TENON_MASTER_KEY', 'SHOP_KEY']) expect(names).not.toContain(hidden)
  })
})

describe('a key that is none is refused without being shown', () => {
  const patterned = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 7) % 256))
  test.each([
    ['too short', randomBytes(31).toString('base64'), /holds 31 bytes/],
    ['too long', randomBytes(33).toString('base64'), /holds 33 bytes/],
    ['no base64', 'correct horse battery staple!', /is not base64/],
    ['a password', Buffer.from('correct-horse-battery-staple-123').toString('base64'), /is not random/],
    ['zeros', Buffer.alloc(32).toString('base64'), /is not random/],
    ['a pattern', patterned.toString('base64'), /is not random/],
  ])('%s', async (_what, text, message) => {
    const refused = { code: 'INPUT_INVALID', message: expect.stringMatching(message) as string }
    expect(() => environmentKeys(text, undefined)).toThrow(expect.objectContaining(refused))
    writeFileSync(path, `${text}\n`, { mode: 0o600 })
    await expect(fileKeys({ path }).current()).rejects.toMatchObject(refused)
    const error = await fileKeys({ path }).current().catch(String)
    expect(error).not.toContain(text.slice(0, 12))
  })

  test('chance makes none of them', () => {
    for (let count = 0; count < 20_000; count += 1) environmentKeys(newKey(), undefined)
  })
})

describe('the file', () => {
  test('is made once, by whoever is first, whole and for its owner', async () => {
    const made = await Promise.all(
      Array.from({ length: 5 }, () => fileKeys({ path, isUnused: async () => true }).current()),
    )
    expect(new Set(made).size).toBe(1)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('that is missing is never made where it was named, or where data keys are stored', async () => {
    for (const keys of [fileKeys({ path }), fileKeys({ path, isUnused: async () => false })])
      await expect(keys.current()).rejects.toMatchObject({ code: 'VAULT_LOCKED', retryable: false })
    expect(existsSync(path)).toBe(false)
  })

  test('a line that a crash cut short is none, and the next one does not join it', async () => {
    const keys = fileKeys({ path, isUnused: async () => true })
    const first = await keys.current()
    appendFileSync(path, newKey().slice(0, 20))
    expect(await keys.current()).toBe(first)
    writeFileSync(path, `${readFileSync(path, 'utf8').split('\n')[0]}\n`)
    await Promise.all([keys.renew(), keys.renew()])
    expect(
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    ).toHaveLength(3)
    expect(await keys.current()).not.toBe(first)
  })
})
