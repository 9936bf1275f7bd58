// Checks what the documents claim: local links lead somewhere, and every ```ts block (also of `@example`) compiles.
// `<!-- continues -->` before a block joins it to the block before; `<!-- file: name.ts -->` gives it a name by which the page's other blocks import it;
// `<!-- not compiled: reason -->` leaves it out.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { root, runTool } from '../tool.ts'
import { writeReference } from './reference.ts'

const ignored = (path: string): boolean => /(^|\/)(node_modules|dist|\.tenon)\//.test(path.replaceAll('\\', '/'))
const find = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: ignored }).filter((path) => !ignored(path))

function brokenLinks(path: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => target ?? [])
  return links
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .filter((target) => !existsSync(resolve(root, dirname(path), target.replace(/#.*$/, ''))))
    .map((target) => `${path}: the link ${target} leads nowhere`)
}

export interface Program {
  /** By which the page's other blocks import it, `null` for a block that stands alone. */
  readonly file: string | null
  readonly text: string
}

/** The TypeScript of a document, each line where it stands so that an error names the right one. */
export function programs(text: string): Program[] {
  const found: { file: string | null; lines: string[] }[] = []
  let open: string[] | undefined
  let marker = ''
  const lines = text.split('\n')
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/^\s*\* ?/, '')
    if (open !== undefined && line.startsWith('```')) open = undefined
    else if (open !== undefined) open[index] = line
    else if (/^```(ts|typescript)\s*$/.test(line)) {
      const last = found.at(-1)
      if (marker.startsWith('<!-- not compiled:')) open = []
      else if (marker === '<!-- continues -->' && last !== undefined) open = last.lines
      else found.push({ file: /^<!-- file: (\S+) -->$/.exec(marker)?.[1] ?? null, lines: (open = []) })
    } else if (line.startsWith('```')) open = []
    if (line.trim() !== '') marker = line.trim()
  }
  return found.map(({ file, lines }) => ({ file, text: Array.from(lines, (line) => line ?? '').join('\n') }))
}

if (import.meta.main) {
  await writeReference()
  const folder = join(root, '.docs-check')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const problems: string[] = []
  for (const path of [
    ...find('*.md'),
    ...find('docs/**/*.md'),
    ...find('packages/**/*.md'),
    ...find('examples/**/*.md'),
    ...find('packages/*/src/**/*.ts'),
  ]) {
    const text = readFileSync(join(root, path), 'utf8')
    if (path.endsWith('.md')) problems.push(...brokenLinks(path, text))
    const page = join(folder, path.replaceAll(/[\\/.]/g, '_'))
    for (const [index, program] of programs(text).entries()) {
      mkdirSync(page, { recursive: true })
      writeFileSync(join(page, program.file ?? `block-${index}.ts`), `${program.text}\nexport {}\n`)
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../tsconfig.base.json', compilerOptions: { noEmit: true }, include: ['**/*.ts'] }),
  )
  if (find('.docs-check/**/*.ts').length > 0) {
    const { code, output } = await runTool('typescript', ['-p', folder])
    if (code !== 0) problems.push(output)
  }
  rmSync(folder, { recursive: true, force: true })
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length > 0 ? 1 : 0
}
