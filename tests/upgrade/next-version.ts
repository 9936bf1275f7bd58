// The version after this one: a copy of the packages whose journal has the next format. It is made here and nowhere else; the product knows nothing of it.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format } from '../../packages/tenon/src/journal/postgres/format.ts'

export const nextFormat = format + 1

/** Each table gains a column, and there is one more, into which each batch of the next version writes. */
const step = `
DO $do$ DECLARE
  v_table regclass;
BEGIN
  FOR v_table IN SELECT oid FROM pg_class WHERE relnamespace = 'tenon'::regnamespace AND relkind = 'r' ORDER BY oid LOOP
    EXECUTE 'ALTER TABLE ' || v_table || ' ADD COLUMN later int NOT NULL DEFAULT 7';
  END LOOP;
END $do$;
CREATE TABLE made_later (node int, batch bigint);`

/** What the next version changes of the texts of this one. */
const changes: readonly { readonly file: string; readonly from: string; readonly to: string }[] = [
  { file: 'format.ts', from: `export const format = ${format}\n`, to: `export const format = ${nextFormat}\n` },
  {
    file: 'format.ts',
    from: 'export const steps: Readonly<Record<number, string>> = {\n',
    to: `export const steps: Readonly<Record<number, string>> = {\n  ${nextFormat}: ${JSON.stringify(step)},\n`,
  },
  {
    file: 'commit-function.ts',
    from: '  UPDATE batch SET batch = p_batch',
    to: '  INSERT INTO made_later VALUES (p_node, p_batch);\n  UPDATE batch SET batch = p_batch',
  },
]

export interface OtherVersion {
  /** Its repository. */
  readonly folder: string
  remove(): void
}

/** `again`: how many versions after this one; each changes the same. */
export function makeNextVersion(): OtherVersion {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'tenon-next-'))
  // Folders of other tests (.test-…) come and go meanwhile.
  const isSource = (path: string): boolean => !/[/\\](?:node_modules|dist|\.tenon|\.test-\w+)$/.test(path)
  for (const part of [
    'package.json',
    'tsconfig.json',
    'tsconfig.base.json',
    'packages/tenon',
    'packages/connectors',
    'bench/measure',
    'tests/chaos',
  ])
    cpSync(join(root, part), join(folder, part), { recursive: true, filter: isSource })
  linkPackages(join(root, 'node_modules'), join(folder, 'node_modules'))
  const journal = join(folder, 'packages/tenon/src/journal/postgres')
  for (const { file, from, to } of changes) {
    const text = readFileSync(join(journal, file), 'utf8')
    if (text.split(from).length !== 2) throw new Error(`the next version finds its place in ${file} not once`)
    writeFileSync(
      join(journal, file),
      text.replace(from, () => to),
    )
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** What is installed, but our own packages: those are the copy's. */
function linkPackages(installed: string, folder: string): void {
  mkdirSync(join(folder, '@tenon'), { recursive: true })
  for (const name of readdirSync(installed))
    if (name !== 'tenon' && name !== '@tenon') symlinkSync(join(installed, name), join(folder, name))
  symlinkSync('../packages/tenon', join(folder, 'tenon'))
  symlinkSync('../../packages/connectors', join(folder, '@tenon', 'connectors'))
}
