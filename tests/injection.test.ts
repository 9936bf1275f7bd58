// What would let a text become code, a command or a statement is found in the syntax of the sources, and named where it must be.
import { describe, expect, test } from 'vitest'
import { mayReach } from '../packages/tenon/floors.ts'
import { found, notesOf, sources, type Visit } from './syntax.ts'

const lateImports = (note: (text: string) => void, text: string): Visit => ({
  ImportExpression({ source }) {
    if (source.type !== 'Literal') note(text.slice(source.start, source.end))
  },
})

/** The name of what is called: `exec` of `db.exec(…)`. */
const calledName = (callee: { readonly type: string }): string => {
  const { name, property } = callee as { readonly name?: string; readonly property?: { readonly name?: string } }
  return name ?? property?.name ?? ''
}

/** What is put into the text of a statement where it is run. */
const builtStatements = (note: (text: string) => void, text: string): Visit => ({
  CallExpression({ callee, arguments: [first] }) {
    if (!['exec', 'prepare', 'query'].includes(calledName(callee)) || first === undefined) return
    if (first.type === 'BinaryExpression') note(text.slice(first.start, first.end))
    else if (first.type === 'TemplateLiteral')
      for (const { start, end } of first.expressions) note(text.slice(start, end))
  },
})

const shells = (note: (text: string) => void, text: string): Visit => ({
  ImportSpecifier({ imported }) {
    const name = 'name' in imported ? imported.name : imported.value
    if (['exec', 'execSync', 'fork', 'execFileSync', 'spawnSync'].includes(name)) note(name)
  },
  Property({ key, value }) {
    if (!('name' in key) || key.name !== 'shell') return
    const said = text.slice(value.start, value.end)
    // npm is a batch file there; every word is a constant.
    if (said !== 'false' && said !== "process.platform === 'win32'") note(said)
  },
})

describe('SEC-01: no text becomes code', () => {
  /** Names of files that come from a folder of our own, and the app's own file. */
  const registries = [
    'packages/tenon/src/cli/registry.ts',
    'packages/tenon/src/connection/schemes.ts',
    'packages/tenon/src/outbound/pipeline.ts',
    'packages/tenon/src/protocol/registry.ts',
    'packages/tenon/src/server/load-app.ts',
    'packages/tenon/src/server/route-folder.ts',
    'packages/tenon/src/simulator/authentication.ts',
  ]

  test('only the registries import a file whose name is worked out', () => {
    const files = [...new Set(found(lateImports, sources).map((one) => one.split(':')[0]))]
    expect(files).toEqual(registries)
  })

  test('the judge sees one', () => {
    expect(notesOf('a.ts', 'await import(name); await import("./a.ts")', lateImports)).toEqual(['name'])
  })
})

describe('SEC-06: no shell', () => {
  const programs = Object.entries(mayReach).filter(([, { imports }]) => imports.includes('child_process'))

  test('programs are started with a list of words', () => {
    const files = programs.map(([file]) => `packages/tenon/src/${file}`)
    expect(files.length).toBeGreaterThan(3)
    expect(found(shells, files)).toEqual([])
  })

  test('the judge sees one', () => {
    const text = "import { exec, spawn } from 'node:child_process'; spawn('npm', [], { shell: true })"
    expect(notesOf('a.ts', text, shells)).toEqual(['exec', 'true'])
  })
})

describe('SEC-07: values are bound, never written into a statement', () => {
  /** Constants and numbers of ours, where a statement takes no parameters or is made of parts: PRAGMA, LISTEN, SET, a schema, a range of our own numbers. */
  const constants = [
    "packages/tenon/src/journal/postgres/tenant-tables.ts: blockSize, blocks + 1, ended(kind, part), kind, pageBytes, pageRows, rows - 1, rowsOf(kind, part), statusCode.completed, statusCode.ready, table, tenantBytes[kind], this.#within('run', range), this.#within(kind, range), this.#within(kind, { after: range.after, to }), this.id",
    "packages/tenon/src/journal/postgres/transfer-write.ts: blockSize, closedCleanly ? '0' : `now_ms_${format}()`",
    'packages/tenon/src/journal/postgres/transfer.ts: condition',
    "packages/tenon/src/journal/sqlite/folder.ts: applicationId, pageBytes, schema, schemaVersion, seed, upgrades[version] ?? '', version + 1",
    'packages/tenon/src/journal/sqlite/transfer-write.ts: closedCleanly ? 1 : 0',
    'packages/tenon/src/journal/sqlite/writer.ts: trial.mostPages',
    'packages/tenon/src/postgres/databases.ts: table',
    'packages/tenon/src/postgres/listener.ts: channel',
    "packages/tenon/src/server/tenants/strays.ts: moving, table, texts.join(' UNION ')",
    'packages/tenon/src/sqlite/sqlite.ts: name, value',
    'packages/tenon/src/store/postgres.ts: before?.limit',
    'packages/tenon/src/store/sqlite/open.ts: Math.max(needs, needed()), applicationId, migrationTable',
  ]

  test('nothing else is put into the text of a statement', () => {
    const places = Map.groupBy(found(builtStatements, sources), (one) => one.split(': ')[0])
    const parts = [...places].map(
      ([file, all]) =>
        `${file}: ${[...new Set(all.map((one) => one.slice(one.indexOf(': ') + 2)))].toSorted().join(', ')}`,
    )
    expect(parts).toEqual(constants)
  })

  test('the judge sees one', () => {
    const text = 'db.exec(`DELETE FROM x WHERE id = ${id}`); db.prepare("SELECT " + name); db.prepare(`SELECT 1`)'
    expect(notesOf('a.ts', text, builtStatements)).toEqual(['id', '"SELECT " + name'])
  })
})
