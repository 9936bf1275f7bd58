import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { blocksOf } from '../scripts/docs/blocks.ts'
import { runPage } from '../scripts/docs/run-page.ts'
import { root } from '../scripts/tool.ts'

const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8')
const pages = globSync('docs/**/*.md', { cwd: root, exclude: (path) => path.includes('.vitepress') })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => blocksOf(read(path)).some(({ kind }) => kind === 'commands'))
  .toSorted()

describe('what the documents tell a reader to type', () => {
  test('is found', () => {
    expect(pages).toEqual(expect.arrayContaining(['docs/start.md', 'docs/guides/first-flow.md']))
  })

  test.each(pages)('works: every command of %s, in its order, against a real server', { timeout: 300_000 }, runPage)

  test('is left out only with a reason', () => {
    for (const page of pages)
      for (const block of blocksOf(read(page)))
        if (block.kind === 'commands' && block.notRun !== null) expect(block.notRun.length).toBeGreaterThan(10)
  })
})

test('every variable that the command line reads stands in the documents', () => {
  const page = read('docs/reference/environment.md')
  // These belong to the terminal and the person at it.
  const others = new Set(['TERM', 'USER', 'USERNAME', 'SHELL', 'HOME'])
  const sources = globSync('packages/tenon/src/{cli,server}/**/*.ts', { cwd: root }).filter(
    (path) => !/\.(test|fixture)\.ts$/.test(path),
  )
  const names = new Set(
    sources.flatMap((path) =>
      [...read(path).matchAll(/environment(?:\['|, ')([A-Z][A-Z_]+)'/g)].map(([, name]) => name ?? ''),
    ),
  )
  expect([...names].filter((name) => !others.has(name) && !page.includes(`\`${name}\``))).toEqual([])
})
