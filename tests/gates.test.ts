import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { programs } from '../scripts/docs/check.ts'
import { isAccepted, refused } from '../scripts/licences.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'tenon-gates-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

/** What the lint rules say of one line, if it stood in that file. */
function lint(path: string, line: string): string {
  for (const name of ['oxlint.config.ts', 'packages/tenon/floors.ts']) cpSync(join(root, name), join(work, name))
  const file = join(work, 'packages/tenon/src', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${line}\n`)
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '-f', 'json', file], {
    cwd: work,
    encoding: 'utf8',
  })
  const { diagnostics }: { diagnostics: { code: string; message: string; help?: string }[] } = JSON.parse(stdout)
  return diagnostics.map(({ code, message, help = '' }) => `${code} ${message} ${help}`).join('\n')
}

describe('the lint rules', () => {
  test.each([
    ['engine/a.ts', 'export const x = (): unknown => eval("1")', 'no-eval'],
    ['engine/a.ts', 'export const x = new Function("return 1")', 'no-new-func'],
    ['outbound/a.ts', 'export * from "node:vm"', 'SEC-01'],
    ['server/a.ts', 'import { runInThisContext } from "vm"; runInThisContext("1")', 'SEC-01'],
  ])('SEC-01: text never becomes code (%s: %s)', (path, line, reason) => {
    expect(lint(path, line)).toContain(reason)
  })

  test.each([
    ['engine/a.ts', 'export const x = await fetch("https://example.com")', 'outbound/'],
    ['client/a.ts', 'export { request } from "node:https"', 'outbound/'],
    ['engine/a.ts', 'export { Agent } from "undici"', 'outbound/'],
    ['engine/a.ts', 'export const x = Date.now()', 'base/clock.ts'],
    ['engine/a.ts', 'setTimeout(() => {}, 1)', 'base/clock.ts'],
    ['engine/a.ts', 'export { setTimeout } from "node:timers/promises"', 'base/clock.ts'],
    ['engine/a.ts', 'export const x = process.env.HOME', 'handed down'],
    ['engine/a.ts', 'export const x: unknown = JSON.parse("1")', 'base/json.ts'],
    ['engine/a.ts', 'console.log(1)', 'no-console'],
    ['engine/a.ts', 'export { server } from "../server/server.ts"', 'Imports go down'],
    ['journal/memory/a.ts', 'export { outbound } from "../../outbound/outbound.ts"', 'Imports go down'],
  ])('refuse in %s: %s', (path, line, reason) => {
    expect(lint(path, line)).toContain(reason)
  })

  test.each([
    ['outbound/a.ts', 'export { Agent } from "undici"'],
    ['server/a.ts', 'export { createServer } from "node:http"'],
    ['base/clock.ts', 'export const now = (): number => Date.now()'],
    ['cli/a.ts', 'console.log(process.env.HOME)'],
    ['engine/a.ts', 'export { journal } from "../journal/journal.ts"'],
  ])('allow in %s: %s', (path, line) => {
    expect(lint(path, line)).toBe('')
  })
})

describe('licences', () => {
  test.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0)', 'MIT AND ISC'])('%s is accepted', (licence) => {
    expect(isAccepted(licence)).toBe(true)
  })

  test.each([undefined, 'GPL-3.0', 'MIT AND GPL-3.0', 'SEE LICENSE IN file'])('%s is not', (licence) => {
    expect(isAccepted(licence)).toBe(false)
  })

  test('only what an installed Tenon brings along counts', () => {
    const strange = { version: '1.0.0', license: 'GPL-3.0' }
    const packages = { '': strange, 'node_modules/used': strange, 'node_modules/tool': { ...strange, dev: true } }
    expect(refused(packages)).toEqual(['used 1.0.0: GPL-3.0'])
  })
})

describe('the code in documents', () => {
  test('keeps its line, joins what continues, leaves out what says so', () => {
    const text = [
      '# Title',
      '```ts',
      'const a = 1',
      '```',
      '<!-- continues -->',
      '```ts',
      'a + 1',
      '```',
      '<!-- not compiled: an outline -->',
      '```ts',
      'nonsense(',
      '```',
      '```sh',
      'npm start',
      '```',
    ].join('\n')
    expect(programs(text)).toEqual([{ file: null, text: '\n\nconst a = 1\n\n\n\na + 1' }])
  })

  test('has the name under which the page imports it', () => {
    const text = ['<!-- file: app.ts -->', '', '```ts', 'export const a = 1', '```'].join('\n')
    expect(programs(text)).toEqual([{ file: 'app.ts', text: '\n\n\nexport const a = 1' }])
  })

  test('is found in the examples of comments', () => {
    expect(programs(['/**', ' * @example', ' * ```ts', ' * const a = 1', ' * ```', ' */'].join('\n'))).toEqual([
      { file: null, text: '\n\n\nconst a = 1' },
    ])
  })
})
