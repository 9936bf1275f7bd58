import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createWorkplace } from '../process.fixture.ts'

const { folder, tenon, write, clear, remove } = createWorkplace()
afterEach(clear)
afterAll(remove)

const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
const manifest = (path: string): Record<string, Record<string, string>> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>

describe('a new project', () => {
  test.each(['blank', 'order-paid'])('of template %s is whole, and its app has no mistakes', async (template) => {
    const { code, out } = await tenon('init', `My ${template}`, '--template', template)
    expect(code).toBe(0)
    const files = readdirSync(join(folder, `My ${template}`))
    expect(files).toEqual(
      expect.arrayContaining(['.gitignore', 'README.md', 'app.ts', 'package.json', 'tsconfig.json']),
    )
    expect(files.some((file) => file.endsWith('.test.ts'))).toBe(true)
    expect(manifest(join(folder, `My ${template}`, 'package.json'))['name']).toBe(`my-${template}`)
    for (const file of files) expect(read(`My ${template}/${file}`)).not.toContain('{{')
    expect(out).toMatch(/Next:\n {4}cd My .*\n {4}npm install\n {4}npm run dev/)
    expect((await tenon('check', '--app', `My ${template}/app.ts`)).code).toBe(0)
  })

  test('has the versions that Tenon itself is tested with', () => {
    const root = join(import.meta.dirname, '../../../../..')
    const ours = manifest(join(root, 'package.json'))['devDependencies']
    const theirs = manifest(join(root, 'packages/tenon/templates/project/package.json'))
    for (const [name, version] of Object.entries({
      ...theirs['devDependencies'],
      zod: theirs['dependencies']?.['zod'],
    }))
      expect([name, version]).toEqual([name, ours?.[name]])
    expect(theirs['engines']?.['node']).toBe(manifest(join(root, 'packages/tenon/package.json'))['engines']?.['node'])
  })

  test('by a clone is linked to its packages: its types fit, and its tests pass, without a build', async () => {
    const root = join(import.meta.dirname, '../../../../..')
    expect((await tenon('init', 'linked')).code).toBe(0)
    const linked = join(folder, 'linked')
    const { dependencies } = manifest(join(linked, 'package.json'))
    for (const [name, part] of [
      ['tenon', 'tenon'],
      ['@tenon/connectors', 'connectors'],
      ['@tenon/console', 'console'],
    ] as const) {
      expect(dependencies?.[name]).toMatch(/^file:\.\./)
      expect(join(linked, dependencies?.[name]?.replace('file:', '') ?? '')).toBe(join(root, 'packages', part))
    }
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
    const tool = (path: string, ...words: string[]): string =>
      execFileSync(process.execPath, [join(root, 'node_modules', path), ...words], {
        cwd: linked,
        env: { ...env, NO_COLOR: '1' },
        encoding: 'utf8',
      })
    // What generated files call is there, too.
    const protocols = ['graphql', 'rest', 'soap']
    writeFileSync(join(linked, 'doors.ts'), protocols.map((name) => `import 'tenon/protocol/${name}'\n`).join(''))
    tool('typescript/bin/tsc')
    expect(tool('vitest/vitest.mjs', 'run')).toMatch(/Tests +2 passed/)
  }, 60_000)

  test('with --json is told as data', async () => {
    const { code, out } = await tenon('init', 'data-project', '--json', '--name', '@me/shop')
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { name: '@me/shop', template: 'blank', installed: false, kept: [] },
    ])
  })
})

describe('what is there', () => {
  test('is never overwritten: where code is in the way, nothing is written', async () => {
    mkdirSync(join(folder, 'taken'))
    write('taken/app.ts', 'mine')
    const { code, err } = await tenon('init', 'taken')
    expect([code, err]).toEqual([1, expect.stringContaining('taken has app.ts already')])
    expect(readdirSync(join(folder, 'taken'))).toEqual(['app.ts'])
    expect(read('taken/app.ts')).toBe('mine')
  })

  test('as settings stays, and what they lack is told', async () => {
    mkdirSync(join(folder, 'settled'))
    write('settled/package.json', '{ "name": "mine" }')
    const { code, out } = await tenon('init', 'settled')
    expect([code, read('settled/package.json')]).toEqual([0, '{ "name": "mine" }'])
    expect(out).toMatch(/package\.json was there[^]*npm install (?:\.\.\/?\S* ){3}zod/)
  })
})

test.each([
  [['--template', 'nope'], /There is no template "nope"\. There are:\n {2}blank: [^]*order-paid: /],
  [['--name', 'My Shop'], /"My Shop" is no name for a package/],
])('init %j is refused', async (words, told) => {
  const { code, err } = await tenon('init', 'refused', ...words)
  expect([code, err]).toEqual([1, expect.stringMatching(told)])
  expect(readdirSync(folder)).not.toContain('refused')
})

test('a file is no folder', async () => {
  write('file', '')
  expect(await tenon('init', 'file')).toMatchObject({
    code: 1,
    err: expect.stringContaining('file is a file') as string,
  })
})
