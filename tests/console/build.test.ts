import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAccepted } from '../../scripts/licences.ts'
import { buildConsole } from '../../scripts/console.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'packages/console/dist')
const read = (path: string): string => readFileSync(join(dist, path), 'utf8')

beforeAll(async () => {
  const problem = await buildConsole(root, process.execPath)
  if (problem !== undefined) throw new Error(problem)
}, 120_000)

/** Scripts that have to arrive before the first room can be shown: those of index.html. */
const firstScripts = (): string[] =>
  [...read('index.html').matchAll(/(?:src|href)="\/console\/([^"]+\.js)"/g)].map(([, path = '']) => path)

describe('the built console', () => {
  test('the first scripts are under 250 kB compressed', () => {
    const sizes = firstScripts().map((path) => gzipSync(read(path), { level: 9 }).length)
    expect(sizes.length).toBeGreaterThan(1)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000)
  })

  test('rooms, and what only one room needs, come when they are entered', () => {
    const first = new Set(firstScripts().map((path) => path.replace('assets/', '')))
    const later = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js') && !first.has(name))
    const rooms = ['home', 'runs', 'run', 'flows', 'flow', 'picture', 'simulators', 'simulator']
    expect(rooms.filter((room) => !later.some((name) => name.startsWith(`${room}-`)))).toEqual([])
  })

  test('SEC-09: nothing inline that a strict policy would have to allow, and nothing from elsewhere', () => {
    const page = read('index.html')
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)/)
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses.filter((address) => address?.startsWith('/console/') !== true)).toEqual([])
    const sheets = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.css'))
    const foreign = /url\(["']?(?:https?:)?\/\/|@import/
    expect(sheets.filter((name) => foreign.test(read(`assets/${name}`)))).toEqual([])
  })

  test('each class is in one sheet: what is composed from another file would be copied, with a warning at the first start', () => {
    const sheets = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.css'))
    const classes = sheets.flatMap((name) => [...new Set(read(`assets/${name}`).match(/\._[\w-]+_[\w-]{5}_\d+/g))])
    expect(classes.length).toBeGreaterThan(50)
    expect(classes.filter((one, index) => classes.indexOf(one) !== index)).toEqual([])
  })

  test('whatever is bundled has a licence that we accept, and the licences come along', () => {
    const notices = read('licences.md')
    const found = [...notices.matchAll(/^## (.+) \((.+)\)$/gm)].map(([, name = '', licence = '']) => ({
      name,
      licence,
    }))
    expect(found.map(({ name }) => name.split(' ')[0])).toContain('react-dom')
    expect(found.filter(({ licence }) => !isAccepted(licence))).toEqual([])
    expect(read('inter-licence.txt')).toContain('SIL OPEN FONT LICENSE')
  })
})

describe('the build on first use', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-console-build-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** The step of the launcher in a repository of its own, whose sources a test may spoil. */
  function copy(): void {
    cpSync(join(root, 'packages/console'), join(folder, 'packages/console'), {
      recursive: true,
      filter: (path) => !/\/(dist|node_modules)(\/|$)/.test(path),
    })
    for (const name of ['package-lock.json', 'tsconfig.base.json', 'package.json'])
      cpSync(join(root, name), join(folder, name))
    mkdirSync(join(folder, 'scripts'))
    for (const name of ['console.js', 'install.js']) cpSync(join(root, 'scripts', name), join(folder, 'scripts', name))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  }

  function build(): { said: string; problem: string } {
    const program = `import { buildConsole } from './scripts/console.js'; console.log(await buildConsole(process.cwd(), process.execPath))`
    const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
      encoding: 'utf8',
    })
    return { said: stderr, problem: stdout.trim() }
  }

  test('builds once, says so, and never again while the sources are unchanged', () => {
    copy()
    const first = build()
    expect(first.problem).toBe('undefined')
    expect(first.said).toContain('Building the web console')
    const index = join(folder, 'packages/console/dist/index.html')
    const { mtimeMs } = statSync(index)
    expect(build()).toEqual({ said: '', problem: 'undefined' })
    expect(statSync(index).mtimeMs).toBe(mtimeMs)
  }, 120_000)

  test('a source that does not build is said, keeps the console that is there, and is tried again', () => {
    const main = join(folder, 'packages/console/src/main.tsx')
    const text = readFileSync(main, 'utf8')
    writeFileSync(main, `${text}\nimport './missing.ts'\n`)
    expect(build().problem).toContain('vite build ended')
    expect(statSync(join(folder, 'packages/console/dist/index.html')).isFile()).toBe(true)
    writeFileSync(main, `${text}\n// changed\n`)
    expect(build().problem).toBe('undefined')
  }, 120_000)
})
