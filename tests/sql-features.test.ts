import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'

// What docs/reference/sql.md says of the statements that go to PostgreSQL is what they use.

const root = join(import.meta.dirname, '..')
const source = join(root, 'packages/tenon/src')
const page = readFileSync(join(root, 'docs/reference/sql.md'), 'utf8')

/** As the page names them. */
const features: Readonly<Record<string, RegExp>> = {
  'advisory locks': /\bpg_(?:try_)?advisory_/,
  'clock of the server': /\bclock_timestamp\(/,
  'changes in WITH': /\bAS (?:MATERIALIZED )?\(\s*(?:INSERT|UPDATE|DELETE)\b/,
  'CREATE INDEX CONCURRENTLY': /\bCREATE INDEX CONCURRENTLY\b/,
  'FOR KEY SHARE': /\bFOR KEY SHARE\b/,
  'FOR NO KEY UPDATE': /\bFOR NO KEY UPDATE\b/,
  'FOR SHARE': /\bFOR SHARE\b/,
  'FOR UPDATE': /\bFOR UPDATE\b/,
  'identity columns': /\bAS IDENTITY\b|\bOVERRIDING SYSTEM VALUE\b/,
  'JSON as rows': /\bjsonb?_(?:to_recordset|array_elements|each|object_keys)/,
  LATERAL: /\bLATERAL\b/,
  'LISTEN, NOTIFY': /\bpg_notify\(|`LISTEN |'LISTEN /,
  'ON CONFLICT': /\bON CONFLICT\b/,
  'partial indexes': /\bCREATE (?:UNIQUE )?INDEX [^;]*\bWHERE\b/,
  'PL/pgSQL': /\bLANGUAGE plpgsql\b|\bDO \$do\$/,
  sequences: /\bCREATE SEQUENCE\b|\bALTER SEQUENCE\b|\b(?:nextval|setval)\('/,
  'SKIP LOCKED': /\bSKIP LOCKED\b/,
  'storage parameters': /\bfillfactor\b|\bautovacuum_/,
  unnest: /\bunnest\(/,
  VACUUM: /\bVACUUM\b/,
  'window functions': /\bOVER \(/,
  'WITH ORDINALITY': /\bWITH ORDINALITY\b/,
}

/** Nothing needs them, and nothing shall without a word on that page. */
const absent =
  /\bPARTITION OF\b|\bPARTITION BY (?:RANGE|LIST|HASH)\b|\bCREATE (?:CONSTRAINT )?TRIGGER\b|\bUNLOGGED\b|\bCREATE EXTENSION\b|\bSERIALIZABLE\b/

function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(?:test|fixture|suite)\.ts$/.test(name) && !/sqlite/i.test(name))
    .map((name) => join(folder, name))
}

function used(): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {}
  for (const path of ['journal', 'store', 'postgres', 'outbound/budget', 'server'].flatMap((name) =>
    files(join(source, name)),
  )) {
    const text = readFileSync(path, 'utf8')
    const names = Object.keys(features).filter((name) => features[name]?.test(text))
    if (names.length > 0) found[relative(source, path)] = names
  }
  return found
}

function told(): Readonly<Record<string, readonly string[]>> {
  const rows = page.matchAll(/^\| `([^`]+\.ts)`\s*\| [^|]*\| ([^|]*)\|$/gm)
  return Object.fromEntries([...rows].map(([, path = '', names = '']) => [path, names.trim().split(/, (?!NOTIFY)/)]))
}

test('the page of SQL names each file with statements, and what they use', () => {
  expect(told()).toEqual(used())
})

test('the page of SQL says of each thing that is used what it is for', () => {
  for (const name of new Set(Object.values(used()).flat())) expect(page).toContain(`\n| ${name} `)
})

test('no statement uses what the page says that nothing needs', () => {
  const using = ['journal', 'store', 'postgres', 'outbound/budget'].flatMap((name) => files(join(source, name)))
  expect(using.filter((path) => absent.test(readFileSync(path, 'utf8'))).map((path) => relative(source, path))).toEqual(
    [],
  )
})
