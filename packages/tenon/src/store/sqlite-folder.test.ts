import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import { sqliteStore } from './sqlite.ts'
import type { DocumentWrite, NewAuditEntry, Store } from './store.ts'

let folder: string
let path: string
let open: Store[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-store-'))
  path = join(folder, 'store.db')
  open = []
})
afterEach(async () => {
  for (const store of open) await store.close()
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

function store(): Store {
  const opened = sqliteStore({ folder })
  open.push(opened)
  return opened
}

const put = (id: string, body = '{}', expect: number | null = null): DocumentWrite => ({
  tenant: 'acme',
  kind: 'connection',
  id,
  expect,
  body,
})
const entry: NewAuditEntry = { tenant: 'acme', at: 1, by: 'mia', action: 'run.retried', subject: 'a', outcome: 'done' }
const isRoot = process.getuid?.() === 0

test('where nothing is stored there is no file, and the file is its owner alone', async () => {
  const first = store()
  expect(await first.get(put('a'))).toBeNull()
  expect(await first.changes(0, 1)).toEqual([])
  expect(readdirSync(folder)).toEqual([])
  await first.write({ changes: [put('a')] })
  for (const file of readdirSync(folder))
    expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600])
})

test('several stores on one file see what the others write, and none of two is lost', async () => {
  const stores = [store(), store(), store()]
  await Promise.all(stores.map((one, index) => one.write({ changes: [put(`own-${index}`)] })))
  await stores[0]?.write({ changes: [put('shared', '{"count":0}')] })
  const add = async (one: Store): Promise<void> => {
    for (;;) {
      const found = await one.get(put('shared'))
      const { count } = JSON.parse(found?.body ?? '') as { count: number }
      const receipt = await one.write({
        changes: [put('shared', `{"count":${count + 1}}`, found?.version ?? null)],
        audit: [entry],
      })
      if (receipt.outcome === 'written') return
    }
  }
  await Promise.all(stores.flatMap((one) => Array.from({ length: 10 }, () => add(one))))
  for (const one of stores) {
    expect(await one.get(put('shared'))).toMatchObject({ version: 31, body: '{"count":30}' })
    expect((await one.changes(0, 10)).map(({ id }) => id).toSorted()).toEqual(['own-0', 'own-1', 'own-2', 'shared'])
    expect(await one.verifyAudit('acme')).toBeNull()
    expect(await one.auditHead('acme')).toMatchObject({ number: 30 })
  }
})

test('whoever is held up for too long is told so, and can go on later', async () => {
  const one = store()
  await one.write({ changes: [put('a')] })
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await expect(one.write({ changes: [put('b')] })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('another process'),
  })
  expect(await one.get(put('a'))).not.toBeNull()
  other.exec('ROLLBACK')
  other.close()
  expect(await one.write({ changes: [put('b')] })).toMatchObject({ outcome: 'written' })
}, 30_000)

test('after kill -9 under load every acknowledged write is there, and none is half there', async () => {
  const file = fileURLToPath(new URL('./sqlite/crash-child.ts', import.meta.url))
  const begin = (round: string): ChildProcess =>
    spawn(process.execPath, ['--conditions=source', file, folder, round, join(folder, `ledger-${round}`)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  onTestFinished(() => children.forEach(({ child }) => child.kill('SIGKILL')))
  // Two that share the store, one of which is killed; then the other.
  const children = ['x', 'y'].map((round) => ({ round, child: begin(round) }))
  const sizeOf = (round: string): number =>
    statSync(join(folder, `ledger-${round}`), { throwIfNoEntry: false })?.size ?? 0
  for (const [index, { round, child }] of children.entries()) {
    const living = children.slice(index)
    while (living.some((one) => sizeOf(one.round) < 600 * (index + 1))) {
      for (const one of living) expect([one.round, one.child.exitCode]).toEqual([one.round, null])
      await sleep(systemClock, 5)
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
    const one = store()
    const noted = readFileSync(join(folder, `ledger-${round}`), 'utf8')
      .split('\n')
      .slice(0, -1)
    const acknowledged = new Map(noted.map((line) => line.split(' ') as [string, string]))
    for (const [lane, count] of acknowledged) {
      const documents = await Promise.all(['a', 'b', 'c'].map((part) => one.get(put(`${lane}-${part}`))))
      const versions = documents.map((document) => document?.version ?? 0)
      expect(Math.min(...versions)).toBeGreaterThanOrEqual(Number(count))
      expect(new Set(versions).size).toBe(1)
      for (const document of documents) expect(document?.body).toBe(`{"count":${versions[0]}}`)
    }
    expect(await one.verifyAudit('acme')).toBeNull()
    await one.close()
  }
}, 120_000)

describe('OBS-06: whatever is done to the audit log in the file, verification names the first entry', () => {
  test.each<[string, string, number]>([
    ['an entry is edited', "UPDATE audit SET body = replace(body, 'mia', 'joe') WHERE number = 3", 3],
    [
      'the time of an entry is edited',
      'UPDATE audit SET body = replace(body, \'"at":1\', \'"at":2\') WHERE number = 5',
      5,
    ],
    ['an entry is deleted', 'DELETE FROM audit WHERE number = 4', 4],
    ['the first entry is deleted', 'DELETE FROM audit WHERE number = 1', 1],
    ['the last entry is deleted', 'DELETE FROM audit WHERE number = 6', 6],
    ['the end is cut off with its head', 'DELETE FROM audit WHERE number > 4; UPDATE audit_head SET number = 4', 4],
    ['the head is taken away', 'DELETE FROM audit_head', 1],
    ['the head is set back', 'UPDATE audit_head SET number = 5, hash = (SELECT hash FROM audit WHERE number = 5)', 6],
    [
      'two entries change places',
      'UPDATE audit SET number = 99 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3; UPDATE audit SET number = 3 WHERE number = 99',
      2,
    ],
    ["an entry is another tenant's", "INSERT INTO audit SELECT 'acme', 7, body, hash FROM audit WHERE number = 6", 7],
  ])('%s', async (_what, sql, brokenAt) => {
    const one = store()
    for (let count = 0; count < 6; count += 1) await one.write({ changes: [], audit: [entry] })
    expect(await one.verifyAudit('acme')).toBeNull()
    const db = new DatabaseSync(path)
    db.exec(sql)
    db.close()
    expect(await one.verifyAudit('acme')).toBe(brokenAt)
  })
})

describe('a file that cannot be trusted is refused by name, and is not touched', () => {
  const damages: readonly [string, () => void, RegExp][] = [
    ['an empty file', () => truncateSync(path, 0), /no store of Tenon/],
    ['another file', () => writeFileSync(path, 'something else entirely'.repeat(20)), /no store of Tenon/],
    ['damaged pages', () => damage(path, 8192, 4096), /cannot be trusted/],
    ['a cut file', () => truncateSync(path, 12_288), /cannot be trusted/],
    ['a newer format', () => change('PRAGMA user_version = 99'), /newer version/],
  ]
  test.each(damages)('%s', async (_what, harm, message) => {
    const one = store()
    for (let count = 0; count < 50; count += 1) await one.write({ changes: [put(`a${count}`, `"${'x'.repeat(500)}"`)] })
    await one.close()
    harm()
    const before = readFileSync(path)
    const two = store()
    for (const asked of [() => two.get(put('a1')), () => two.write({ changes: [put('b')] })])
      await expect(asked()).rejects.toMatchObject({
        code: 'DATA_FOLDER_UNUSABLE',
        message: expect.stringMatching(message),
      })
    await two.close()
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('a migration of a later version that this one can live with is lived with', async () => {
    await store().write({ changes: [put('a')] })
    change("ALTER TABLE document ADD COLUMN later TEXT; INSERT INTO migration VALUES (2, 'later', 1)")
    const two = store()
    expect(await two.write({ changes: [put('a', '{"n":2}', 1)] })).toMatchObject({ outcome: 'written' })
    expect(await two.get(put('a'))).toMatchObject({ version: 2 })
  })

  // Permissions mean nothing to root: there the file system itself is read-only.
  test.runIf(!isRoot || process.platform === 'linux')(
    'a folder that cannot be written is told, and nothing is left in it',
    async () => {
      if (isRoot) {
        execFileSync('mount', ['--bind', folder, folder])
        execFileSync('mount', ['-o', 'remount,bind,ro', folder])
      } else chmodSync(folder, 0o500)
      try {
        await expect(store().write({ changes: [put('a')] })).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
        expect(readdirSync(folder)).toEqual([])
      } finally {
        if (isRoot) execFileSync('umount', [folder])
      }
    },
  )
})

test('DAT-05: of what was erased, no byte is left in the file or its log', async () => {
  const canary = 'wrapped-canary-6f1d2a'
  const one = store()
  await one.write({
    changes: [
      ...Array.from({ length: 60 }, (_, index) => put(`a${index}`, `"${canary} ${'x'.repeat(50 * index)}"`)),
      { ...put('kept', '"kept-canary"'), tenant: 'other' },
    ],
    audit: [entry],
  })
  // Written over, grown and deleted one by one: copies lie in split and freed pages.
  for (let index = 0; index < 60; index += 2) await one.write({ changes: [put(`a${index}`, `"${canary} again"`, 1)] })
  for (let index = 1; index < 60; index += 3)
    await one.write({ changes: [{ ...put(`a${index}`), expect: index % 2 === 0 ? 2 : 1, body: null }] })
  expect(bytesOf(folder)).toContain(canary)
  await one.eraseTenant('acme', [entry])
  expect(bytesOf(folder)).not.toContain(canary)
  expect(bytesOf(folder)).toContain('kept-canary')
  await one.close()
  expect(bytesOf(folder)).not.toContain(canary)
  expect(existsSync(`${path}-wal`)).toBe(false)
})

function bytesOf(where: string): string {
  return readdirSync(where)
    .map((file) => readFileSync(join(where, file), 'latin1'))
    .join('\n')
}

function change(sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

function damage(file: string, from: number, length: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0xa5, from, from + length)
  writeFileSync(file, bytes)
}
