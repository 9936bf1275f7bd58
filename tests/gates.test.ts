import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { mayReach, reachingModules } from '../packages/tenon/floors.ts'
import { programs as programsOf } from '../scripts/docs/check.ts'
import { isAccepted, refused } from '../scripts/licences.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'tenon-gates-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

interface Diagnostic {
  readonly code: string
  readonly message: string
  readonly help?: string
  readonly filename: string
  readonly labels: readonly { readonly span: { readonly line: number } }[]
}

/** What the lint rules say of lines, if they stood in those files. */
function diagnose(files: Readonly<Record<string, readonly string[]>>): readonly Diagnostic[] {
  for (const name of ['oxlint.config.ts', 'packages/tenon/floors.ts']) cpSync(join(root, name), join(work, name))
  const paths = Object.entries(files).map(([path, lines]) => {
    const file = join(work, 'packages/tenon/src', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${lines.join('\n')}\n`)
    return file
  })
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/oxlint/bin/oxlint'), '-f', 'json', ...paths],
    { cwd: work, encoding: 'utf8' },
  )
  return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
}

function lint(path: string, line: string): string {
  return diagnose({ [path]: [line] })
    .map(({ code, message, help = '' }) => `${code} ${message} ${help}`)
    .join('\n')
}

/** Lines that are refused because they reach out, by their file. */
function reachingOut(files: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  const refused: Record<string, string[]> = Object.fromEntries(Object.keys(files).map((path) => [path, []]))
  for (const { filename, labels, message, help = '' } of diagnose(files)) {
    if (!`${message} ${help}`.includes('floors.ts')) continue
    const path = filename.split('packages/tenon/src/')[1] ?? ''
    const line = files[path]?.[(labels[0]?.span.line ?? 0) - 1] ?? ''
    if (refused[path]?.includes(line) === false) refused[path].push(line)
  }
  return Object.fromEntries(Object.entries(refused).map(([path, lines]) => [path, lines.toSorted()]))
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

  const powers = [...reachingModules.sockets, ...reachingModules.programs].filter((name) => name !== 'undici')

  test('EGR-01, SEC-06: nobody reaches out, in whatever way a module is imported, or without one', () => {
    const lines = [
      ...[...powers.flatMap((name) => [name, `node:${name}`]), 'undici'].flatMap((name, at) => [
        `import * as all${at} from "${name}"`,
        `import one${at} from "${name}"`,
        `export * from "${name}"`,
        // tests/architecture.test.ts judges it for those of which a part is free.
        ...(/net$|module$/.test(name) ? [] : [`export const x${at} = await import("${name}")`]),
      ]),
      'export const a = await fetch("https://example.com")',
      'export const b = await globalThis.fetch("https://example.com")',
      'export const { fetch: c } = globalThis',
      'export const d = new WebSocket("wss://example.com")',
      'export const e = new EventSource("https://example.com")',
      'export const f = process.getBuiltinModule("net")',
      'process.binding("tcp_wrap")',
    ].toSorted()
    const files = ['outbound/a.ts', 'server/a.ts', 'connection/auth/a.ts', 'simulator/a.ts', 'cli/a.ts', 'base/a.ts']
    const wanted = Object.fromEntries(files.map((path) => [path, lines]))
    expect(reachingOut(wanted)).toEqual(wanted)
  })

  test('EGR-01: a file that may reach out may import what it is named for, and nothing else', () => {
    const lineOf = (name: string): string => `export * from "${name === 'undici' ? name : `node:${name}`}"`
    const lines = [...powers, 'undici'].map(lineOf)
    const refused = Object.entries(mayReach).map(([path, { imports }]) => {
      const allowed = imports.map(lineOf)
      return [path, lines.filter((line) => !allowed.includes(line)).toSorted()] as const
    })
    const files = Object.fromEntries(Object.keys(mayReach).map((path) => [path, lines]))
    expect(reachingOut(files)).toEqual(Object.fromEntries(refused))
  })

  test.each([
    ['outbound/origin-pool.ts', 'export { Agent } from "undici"'],
    ['simulator/listener.ts', 'export { createServer } from "node:http"'],
    ['outbound/a.ts', 'import type { Socket } from "node:net"; export type { Socket }'],
    ['outbound/a.ts', 'import { isIP } from "node:net"; export const x = isIP("::1")'],
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
    expect(programsOf(text)).toEqual([{ file: null, text: '\n\nconst a = 1\n\n\n\na + 1' }])
  })

  test('has the name under which the page imports it', () => {
    const text = ['<!-- file: app.ts -->', '', '```ts', 'export const a = 1', '```'].join('\n')
    expect(programsOf(text)).toEqual([{ file: 'app.ts', text: '\n\n\nexport const a = 1' }])
  })

  test('is found in the examples of comments', () => {
    expect(programsOf(['/**', ' * @example', ' * ```ts', ' * const a = 1', ' * ```', ' */'].join('\n'))).toEqual([
      { file: null, text: '\n\n\nconst a = 1' },
    ])
  })
})
